import { z } from "zod";
import type { BakeEvent } from "../../bake/event-report.ts";
import type { ImageEvidence } from "../../bake/image-evidence.ts";
import type { GeneratedData } from "../../builder/hook.ts";
import type { Product } from "../../builder/publish-omi.ts";
import type { ConfigProblem } from "../../common/errors.ts";
import type { RawValue } from "../../definition/raw-value.ts";
import type { ProvenanceStatement } from "../../evidence/provenance/statement.ts";
import type { RunRecord } from "../../history/run-record.ts";
import type { RetryReason } from "./retry-reason.ts";
import { priorities } from "./turns.ts";

const texts = z.array(z.string());
const rawValue: z.ZodType<RawValue> = z.lazy(() =>
  z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(rawValue), z.record(z.string(), rawValue)]),
);

/** One build, as it travels to a worker. */
export const jobSchema = z.strictObject({
  id: z.string(),
  accountId: z.string(),
  region: z.string(),
  /** The build's name, as the template has it. */
  build: z.string(),
  /** `ci@runner-7`: for people. */
  submitter: z.string(),
  submittedAt: z.number(),
  standing: z.strictObject({ group: z.string().nullable(), priority: z.enum(priorities) }),
  runUuid: z.string(),
  template: z.strictObject({
    /** As it was given. */
    path: z.string(),
    /** Absolute, on the submitter's machine, as all that follows. */
    workingFolder: z.string(),
    homeFolder: z.string(),
    /** Milliseconds since the epoch: what `timestamp()` gives. */
    now: z.number(),
    variables: z.record(z.string(), rawValue),
    variableFiles: texts,
    warnUndeclared: z.boolean(),
    /** What the template reads of the environment. */
    env: z.record(z.string(), z.string()),
    /** What it has looked for, whether it was there or not. */
    lookedFor: texts,
  }),
  settings: z.strictObject({
    force: z.boolean(),
    bootTest: z.boolean(),
    onError: z.enum(["cleanup", "abort", "run-cleanup-provisioner"]),
    skipUnchanged: z.boolean().nullable(),
    maxAge: z.string().nullable(),
    history: z.boolean(),
    /** How often it is tried again when it fails for a reason that passes, and after what pause at first. */
    retries: z.strictObject({ most: z.number(), delayMs: z.number() }),
    provenance: z.boolean(),
    evidence: z.strictObject({ diff: z.boolean() }).nullable(),
  }),
  /** A manifest; it is looked at when it is unpacked. */
  manifest: z.unknown(),
});
export type JobMessage = z.output<typeof jobSchema>;

/** What a submitter tells the worker that has his job. */
export const controlSchema = z.strictObject({
  wish: z.enum(["cancel", "hurry", "drain", "forget"]),
  /** Of the schedule that is to be forgotten. */
  generation: z.number().optional(),
});
export type ControlMessage = z.output<typeof controlSchema>;

/** A worker as it tells of itself. */
export const workerSchema = z.strictObject({
  id: z.string(),
  host: z.string(),
  version: z.string(),
  accountId: z.string(),
  region: z.string(),
  vmId: z.string().nullable(),
  label: z.string().nullable(),
  slots: z.number(),
  isDraining: z.boolean(),
  startedAt: z.number(),
  /** The jobs that it works on. */
  jobs: texts,
});
export type WorkerMessage = z.output<typeof workerSchema>;

/** An error on its way: its class stays behind. */
export interface SentError {
  readonly code: string;
  readonly exitCode: number;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly step?: string | undefined;
  readonly resourceId?: string | undefined;
  readonly problems?: readonly ConfigProblem[] | undefined;
  /** Why it may well go right the next time; undefined when it would not. */
  readonly retry?: RetryReason | undefined;
  /** What went wrong while cleaning up after it. */
  readonly cleanup: readonly SentError[];
}

/** How an attempt at a build has failed. */
export interface FailedAttempt {
  /** From 1. */
  readonly attempt: number;
  /** How many there may be. */
  readonly most: number;
  readonly code: string;
  readonly message: string;
  /** When the next one begins, and why it is worth it; null when this was the last. */
  readonly next: { readonly afterMs: number; readonly reason: RetryReason } | null;
}

/** What became of a build. */
export interface SentResult {
  readonly outcome: "done" | "failed" | "cancelled";
  readonly runId: string | undefined;
  readonly worker: string;
  readonly endedAt: number;
  readonly artifact: { readonly region: string; readonly product: Product; readonly data: GeneratedData } | undefined;
  readonly error: SentError | undefined;
  readonly evidence: ImageEvidence | undefined;
  readonly provenance: ProvenanceStatement | undefined;
  readonly record: RunRecord | undefined;
}

/** A piece of a build's output. Those who write and read it have the same key, so its parts are taken as they are. */
export type OutputEntry =
  | { readonly type: "begins"; readonly worker: string; readonly host: string; readonly attempt: number }
  | { readonly type: "event"; readonly event: BakeEvent }
  | { readonly type: "left-out"; readonly lines: number }
  | { readonly type: "handed-back"; readonly reason: string }
  | ({ readonly type: "attempt-failed" } & FailedAttempt)
  /** Something that the submitter should know of his build. */
  | { readonly type: "note"; readonly text: string }
  /** Its result is in the queue by now. */
  | { readonly type: "end" };
