import { z } from "zod";
import { DIFF_FORMAT, type ImageDiff } from "../evidence/image-diff.ts";
import { statementSchema } from "../evidence/provenance/statement.ts";

/** Counts up when an older version would misread what a newer one writes. */
export const RECORD_FORMAT = 1;

const outcome = z.enum(["done", "failed", "cancelled"]);
/** Milliseconds since the run began. */
const startMs = z.number();
const elapsedMs = z.number();

const phase = z.object({
  /** A wait is one for the cloud: its name is `snapshot snap-1a2b3c4d to become completed`. */
  kind: z.enum(["step", "provisioner", "wait"]),
  name: z.string(),
  /** The step that it is a part of, for provisioners and waits. */
  step: z.string().nullable(),
  startMs,
  elapsedMs,
  /** Of a wait: so long at most it had come to its goal before it was seen to. */
  lateMs: z.number().optional(),
  outcome,
});

const apiCall = z.object({
  action: z.string(),
  startMs,
  /** Of the call, or of all calls of a row of equal reads. */
  elapsedMs,
  /** More than one for reads of the same kind that came one after the other: a wait. */
  count: z.number(),
  /** HTTP's; null when no answer came. */
  status: z.number().nullable(),
  /** Of the last of them. */
  requestId: z.string().nullable(),
  errorCode: z.string().nullable(),
});

const failure = z.object({
  code: z.string(),
  message: z.string(),
  hint: z.string().nullable(),
  step: z.string().nullable(),
  resourceId: z.string().nullable(),
});

/** Of `boot_test.run`; the last of its output. */
const guestCommand = z.object({ command: z.string(), exitCode: z.number(), output: z.string() });
const failedUnit = z.object({ name: z.string(), status: z.string() });

/** An attempt of a run that was gone on with later. */
const attempt = z.object({
  startedAt: z.string(),
  elapsedMs,
  outcome,
  /** What it failed of. */
  error: z.string().nullable(),
  step: z.string().nullable(),
});

/** What a run leaves. Secrets are masked in every text of it. */
export const runRecordSchema = z.object({
  formatVersion: z.literal(RECORD_FORMAT),
  /** `outscale-chroot 1.2.3` */
  program: z.string(),
  runId: z.string(),
  /** As the template has it: `outscale-chroot.web`. */
  build: z.string(),
  /** ISO 8601, UTC. */
  startedAt: z.string(),
  elapsedMs,
  outcome,
  template: z.object({
    path: z.string(),
    /** SHA-256 over the names and digests of the files. */
    sha256: z.string(),
    files: z.array(z.object({ path: z.string(), sha256: z.string() })),
  }),
  /** The options of the template, as its author wrote them; sensitive values are hidden. */
  configuration: z.record(z.string(), z.unknown()),
  account: z.object({ accountId: z.string(), region: z.string(), endpoint: z.string() }).nullable(),
  source: z
    .object({
      imageId: z.string(),
      imageName: z.string(),
      accountId: z.string(),
      createdAt: z.string(),
      snapshotId: z.string(),
    })
    .nullable(),
  product: z
    .object({
      region: z.string(),
      imageId: z.string(),
      imageName: z.string(),
      snapshotIds: z.array(z.string()),
      /** The OMI in other regions. */
      copies: z
        .array(
          z.object({
            region: z.string(),
            accountId: z.string(),
            imageId: z.string(),
            snapshotIds: z.array(z.string()),
          }),
        )
        .default([]),
      /** It was there before, and found unchanged: nothing was built. */
      isReused: z.boolean().default(false),
    })
    .nullable(),
  /** What the product was made of, if that was asked for; the digests say nothing without the key of this machine. */
  inputs: z
    .object({ digest: z.string(), list: z.array(z.object({ name: z.string(), digest: z.string() })) })
    .nullable()
    .default(null),
  /** In the order in which they ended. */
  phases: z.array(phase),
  apiCalls: z.array(apiCall),
  resources: z.array(
    z.object({
      kind: z.string(),
      id: z.string(),
      change: z.enum(["acquired", "released", "kept", "left"]),
      atMs: z.number(),
    }),
  ),
  bootTest: z
    .object({
      startMs,
      elapsedMs,
      acceleration: z.string(),
      console: z.array(z.string()),
      commands: z.array(guestCommand).default([]),
      failedUnits: z.array(failedUnit).default([]),
    })
    .nullable(),
  /** What the console showed of an image that did not boot; the file is on the machine that built it. */
  bootFailure: z
    .object({ console: z.array(z.string()), consoleFile: z.string().nullable() })
    .nullable()
    .default(null),
  /** What was in the image, if that was asked for. */
  image: z
    .object({
      os: z.object({ id: z.string(), versionId: z.string(), prettyName: z.string() }).nullable(),
      packages: z.array(
        z.object({
          name: z.string(),
          version: z.string(),
          arch: z.string(),
          license: z.string().optional(),
          sizeBytes: z.number().optional(),
        }),
      ),
      /** What the build has changed; of files and folders the largest. */
      diff: z.custom<ImageDiff>(isDiff).nullable(),
    })
    .nullable()
    .default(null),
  /** What `image_check` found, if it looked. */
  imageCheck: z
    .object({
      startMs,
      elapsedMs,
      level: z.enum(["warn", "strict"]),
      findings: z.array(z.object({ rule: z.string(), path: z.string(), detail: z.string().optional() })),
      allowed: z.number(),
      notes: z.array(z.string()),
    })
    .nullable()
    .default(null),
  /** What `generalise` removed: a line for each kind of thing. */
  generalised: z.array(z.string()).nullable().default(null),
  /** How the OMI came to be, if that was asked for. */
  provenance: statementSchema.nullable().default(null),
  warnings: z.array(z.string()),
  error: failure.nullable(),
  /** Of a run that was resumed: how it ended before, oldest first. All else is of the last attempt. */
  earlier: z.array(attempt).default([]),
  /** The last lines that a person saw. */
  lines: z.array(
    z.object({
      atMs: z.number(),
      kind: z.enum(["say", "message", "warn", "error"]),
      /** The type of a post-processor, when it is its line. */
      part: z.string().nullable(),
      text: z.string(),
    }),
  ),
  /** What found no room in the lists above. */
  leftOut: z.object({ lines: z.number(), apiCalls: z.number(), resources: z.number() }),
});

function isDiff(value: unknown): boolean {
  return typeof value === "object" && value !== null && "formatVersion" in value && value.formatVersion === DIFF_FORMAT;
}

export type RunRecord = z.infer<typeof runRecordSchema>;
export type RecordedPhase = RunRecord["phases"][number];
export type RecordedCall = RunRecord["apiCalls"][number];
