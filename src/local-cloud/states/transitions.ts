import type { ActionName } from "../../outscale/oapi.ts";

/** One state that does not last: where it leads, and where it leads when its work fails. */
export interface Transition {
  /** `absent` means that the object, or the link, is gone. */
  readonly next: string;
  readonly failed: string;
  /** How long it takes with the realistic latency profile, in milliseconds, on top of the work on the disks. */
  readonly realisticMs: number;
}

/**
 * Every state that does not last. States that are not here (`available`, `in-use`, `attached`, `completed`, `error`,
 * `failed`) stay until a request changes them.
 *
 * The volume of a link is `in-use` from the request to link until the link is gone.
 * @see OUTSCALE API, Volume.State, LinkedVolume.State, Snapshot.State, Image.State, ImageExportTask.State, SnapshotExportTask.State
 */
export const transitions = {
  "volume.creating": { next: "available", failed: "error", realisticMs: 4_000 },
  "volume.deleting": { next: "absent", failed: "error", realisticMs: 2_000 },
  "link.attaching": { next: "attached", failed: "error", realisticMs: 1_500 },
  "link.detaching": { next: "absent", failed: "attached", realisticMs: 2_500 },
  "update.updating": { next: "absent", failed: "failed", realisticMs: 3_000 },
  "snapshot.in-queue": { next: "pending", failed: "error", realisticMs: 5_000 },
  "snapshot.pending": { next: "completed", failed: "error", realisticMs: 20_000 },
  "snapshot.pending/queued": { next: "importing", failed: "error", realisticMs: 5_000 },
  "snapshot.importing": { next: "completed", failed: "error", realisticMs: 30_000 },
  "snapshot.deleting": { next: "absent", failed: "error", realisticMs: 0 },
  "image.pending": { next: "available", failed: "failed", realisticMs: 5_000 },
  "image.deleting": { next: "absent", failed: "failed", realisticMs: 0 },
  "image-export.pending/queued": { next: "pending", failed: "failed", realisticMs: 5_000 },
  "image-export.pending": { next: "completed", failed: "failed", realisticMs: 30_000 },
  "snapshot-export.pending": { next: "active", failed: "failed", realisticMs: 5_000 },
  "snapshot-export.active": { next: "completed", failed: "failed", realisticMs: 30_000 },
} as const satisfies Record<string, Transition>;

export type TransitionName = keyof typeof transitions;
export const transitionNames = Object.keys(transitions).filter(isTransition);

/** What goes through states. A link and an update are parts of a volume, with states of their own. */
export type Machine = TransitionName extends `${infer M}.${string}` ? M : never;
export const machines: readonly Machine[] = [
  "volume",
  "link",
  "update",
  "snapshot",
  "image",
  "image-export",
  "snapshot-export",
];

export type LatencyName = ActionName | TransitionName;

export function isTransition(name: string): name is TransitionName {
  return name in transitions;
}

/** Seconds for states, as they are seen on the platform; answers come at once. */
export const realisticLatency: Readonly<Partial<Record<LatencyName, number>>> = Object.fromEntries(
  Object.entries(transitions).map(([name, { realisticMs }]) => [name, realisticMs]),
);
