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
  /**
   * Whether the service is at it. A goal that has this is one that can be given up: the resource is then as it was.
   */
  isUnderway?(resource: Resource): boolean;
}

interface WithState {
  readonly State: string;
}

function become<Resource extends WithState>(
  state: string,
  failed: readonly string[],
  isReached: (resource: Resource) => boolean = () => true,
  phrase = `become ${state}`,
  isUnderway?: (resource: Resource) => boolean,
): Goal<Resource, Resource> {
  return {
    phrase,
    ...(isUnderway && { isUnderway }),
    judge(resource) {
      if (!resource || failed.includes(resource.State)) return "failed";
      return resource.State === state && isReached(resource) ? { result: resource } : "waiting";
    },
  };
}

function vanish<Resource extends WithState>(): Goal<Resource, undefined> {
  return {
    phrase: "vanish",
    judge: (resource) => (resource ? "waiting" : { result: undefined }),
    isUnderway: ({ State }) => State === "deleting",
  };
}

const VOLUME_FAILED = ["error", "deleting"];

export const volumeGoals = {
  available: become<Volume>("available", VOLUME_FAILED),
  "in-use": become<Volume>("in-use", VOLUME_FAILED),
  deleted: vanish<Volume>(),
};

export const linkGoals = {
  linked: become<Volume>("in-use", VOLUME_FAILED, isAttached, "be linked", hasLink("attaching")),
  unlinked: become<Volume>("available", VOLUME_FAILED, hasNoLink, "be unlinked", hasLink("detaching")),
};

function hasLink(state: string): (volume: Volume) => boolean {
  return ({ LinkedVolumes: links }) => links.some(({ State }) => State === state);
}

function hasNoLink({ LinkedVolumes: links }: Volume): boolean {
  return links.length === 0;
}

function isAttached({ LinkedVolumes: links }: Volume): boolean {
  return links.length > 0 && links.every(({ State }) => State === "attached");
}

export const snapshotGoals = {
  completed: become<Snapshot>("completed", ["error", "deleting"]),
  deleted: vanish<Snapshot>(),
};

const IMAGE_FAILED = ["failed", "error", "deleting"];

export const imageGoals = {
  available: become<Image>("available", IMAGE_FAILED),
  /** An import that has read its manifest. */
  mapped: mapped(),
  deleted: vanish<Image>(),
};

function mapped(): Goal<Image, Image> {
  return {
    phrase: "show its snapshots",
    judge(image) {
      if (!image || IMAGE_FAILED.includes(image.State)) return "failed";
      const isMapped = image.BlockDeviceMappings.some(({ Bsu }) => Bsu?.SnapshotId !== undefined);
      return isMapped || image.State === "available" ? { result: image } : "waiting";
    },
  };
}

/** Of the task of an export. */
export function exportCompleted<Task extends WithState>(): Goal<Task, Task> {
  return become("completed", ["failed", "cancelled"]);
}

export type VolumeGoal = keyof typeof volumeGoals;
export type LinkGoal = keyof typeof linkGoals;
export type SnapshotGoal = keyof typeof snapshotGoals;
export type ImageGoal = keyof typeof imageGoals;
