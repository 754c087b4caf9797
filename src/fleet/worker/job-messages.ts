import type { BakeEvent } from "../../bake/event-report.ts";
import type { JournalEntry } from "../../builder/journal/entry.ts";
import type { JobMessage, SentResult } from "../queue/messages.ts";

/** What a job's own process needs to know. */
export interface JobOrder {
  readonly job: JobMessage;
  /** Where the bundle is unpacked. */
  readonly folder: string;
  /** The state folder of the local cloud that is baked on; undefined for a real one. */
  readonly localCloud: string | undefined;
  readonly workerId: string;
  /** Where the process writes what became of the build, before it tells. */
  readonly resultFile: string;
}

/** From the worker to the process of a job. */
export type ToJob =
  | { readonly type: "start"; readonly order: JobOrder }
  /** `isHandedBack`: it is done again, by this worker or another one. */
  | { readonly type: "stop"; readonly reason: string; readonly isHandedBack: boolean }
  | { readonly type: "hurry" }
  /** `problem` is why it may not publish; undefined when it may. */
  | { readonly type: "may-publish"; readonly problem: string | undefined }
  /** `problem` is why what was written last is not in the copy; undefined when it is. */
  | { readonly type: "copied"; readonly problem: string | undefined };

/** From the process of a job to the worker. */
export type FromJob =
  | { readonly type: "event"; readonly event: BakeEvent }
  | { readonly type: "may-publish" }
  | { readonly type: "journal"; readonly entry: JournalEntry }
  /** Whether all of the journal is in its copy. */
  | { readonly type: "is-copied" }
  | { readonly type: "end"; readonly result: SentResult };
