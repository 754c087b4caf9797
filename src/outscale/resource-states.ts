import type { Image, Snapshot, Volume } from "./oapi.ts";

/** The state of something that is not there, beside the API's own words. */
export const ABSENT = "absent";

/**
 * What a state means for a wait: the wanted result, a failure, or nothing yet. States are an open set: what is not known
 * as an end keeps the wait going.
 */
export type Verdict<Result> = { readonly result: Result } | "failed" | "waiting";

/** How a wait reads the resource it waits for; an undefined resource is absent. */
export interface Goal<Resource, Result> {
  /** `become available`, for messages. */
  readonly phrase: string;
  judge(resource: Resource | undefined): Verdict<Result>;
}

interface WithState {
  readonly State: string;
}

function become<Resource extends WithState>(
  state: string,
  failed: readonly string[],
  isReached: (resource: Resource) => boolean = () => true,
  phrase = `become ${state}`,
): Goal<Resource, Resource> {
  return {
    phrase,
    judge(resource) {
      if (!resource || failed.includes(resource.State)) return "failed";
      return resource.State === state && isReached(resource) ? { result: resource } : "waiting";
    },
  };
}

function vanish<Resource extends WithState>(): Goal<Resource, undefined> {
  return {
    phrase: "vanish",
    judge(resource) {
      if (!resource) return { result: undefined };
      return resource.State === "error" ? "failed" : "waiting";
    },
  };
}

const VOLUME_FAILED = ["error", "deleting"];

export const volumeGoals = {
  available: become<Volume>("available", VOLUME_FAILED),
  "in-use": become<Volume>("in-use", VOLUME_FAILED),
  deleted: vanish<Volume>(),
};

export const linkGoals = {
  linked: become<Volume>("in-use", VOLUME_FAILED, isAttached, "be linked"),
  unlinked: become<Volume>("available", VOLUME_FAILED, (volume) => volume.LinkedVolumes.length === 0, "be unlinked"),
};

function isAttached({ LinkedVolumes: links }: Volume): boolean {
  return links.length > 0 && links.every(({ State }) => State === "attached");
}

export const snapshotGoals = {
  completed: become<Snapshot>("completed", ["error", "deleting"]),
  deleted: vanish<Snapshot>(),
};

export const imageGoals = {
  available: become<Image>("available", ["failed", "error", "deleting"]),
  deleted: vanish<Image>(),
};

export type VolumeGoal = keyof typeof volumeGoals;
export type LinkGoal = keyof typeof linkGoals;
export type SnapshotGoal = keyof typeof snapshotGoals;
export type ImageGoal = keyof typeof imageGoals;
