import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { runContext, runHeader } from "../../../tests/support/builder/run-context.ts";
import { hastyClock } from "../../../tests/support/outscale/hasty-clock.ts";
import { regionsAt, scriptedApi } from "../../../tests/support/outscale/scripted-api.ts";
import { RecordingUi } from "../../../tests/support/terminal/recording-ui.ts";
import { AuthError, CancelledError } from "../../common/errors.ts";
import { noLog } from "../../common/log.ts";
import { defaultWaiting } from "../../config/default-waiting.ts";
import { ApiError } from "../../outscale/errors.ts";
import type { ObjectStorage } from "../../outscale/object-storage/object-storage.ts";
import { createWaiters } from "../../outscale/waiters.ts";
import { Journal } from "../journal/journal.ts";
import { Scope } from "../scope.ts";
import { createdBucketKind } from "./created-bucket.ts";
import { exportedObjectsKind } from "./exported-objects.ts";

const place = { region: "eu-west-2", accountId: "123456789012", profile: null };
const prefix = "a/0123456789ab/";
const MINUTE_MS = 60_000;

let state: string;
let journal: Journal;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  state = mkdtempSync(join(tmpdir(), "long-export-"));
  journal = await Journal.create(join(state, "runs"), runHeader, { log: noLog, onTrouble: expect.fail });
});
afterEach(() => {
  vi.useRealTimers();
  journal.close("done");
  rmSync(state, { recursive: true });
});

interface Course {
  /** How long the export goes on after the run was stopped. */
  readonly minutes: number;
  /** When the user asks to stop for the second time. */
  readonly hurriedAfterMinutes?: number;
  /** What the service answers at one time, once. */
  readonly trouble?: { readonly afterMinutes: number; readonly error: Error };
  /** Of how many things, each of which has its own export. */
  readonly exports?: number;
  readonly isUnattended?: boolean;
}

/** A run that is stopped during its export into a bucket that it has made. */
async function stopDuring(course: Course) {
  const { minutes, hurriedAfterMinutes = Number.POSITIVE_INFINITY, exports = 1, isUnattended } = course;
  let { trouble } = course;
  const clock = hastyClock();
  const beganAt = clock.now();
  const passed = () => (clock.now() - beganAt) / MINUTE_MS;
  const hurry = new AbortController();
  const done: string[] = [];
  const { api } = scriptedApi({
    readImageExportTasks: () => {
      if (passed() >= hurriedAfterMinutes) hurry.abort(new CancelledError());
      if (trouble !== undefined && passed() >= trouble.afterMinutes) {
        const { error } = trouble;
        trouble = undefined;
        throw error;
      }
      const OsuExport = { DiskImageFormat: "qcow2", OsuBucket: "acme", OsuPrefix: "a/0123456789ab" };
      const State = passed() < minutes ? "active" : "completed";
      const task = { TaskId: "image-export-1", ImageId: "ami-1", State, Progress: 0, Comment: "", Tags: [], OsuExport };
      return { ImageExportTasks: [task] };
    },
    readSnapshotExportTasks: () => ({ SnapshotExportTasks: [] }),
  });
  const storage: Partial<ObjectStorage> = {
    findBucket: async () => "found",
    removeBelow: async (_bucket, below) => void done.push(below),
    deleteBucket: async (bucket) => void done.push(bucket),
  };
  const waiters = createWaiters({ api, clock, ...defaultWaiting });
  const regions = regionsAt({ place, api, waiters, storage: storage as ObjectStorage });
  const ui = new RecordingUi();
  const context = runContext({ journal, api, clock, regions, ui, hurry: hurry.signal, isUnattended });
  const scope = new Scope("export", context, { onFailure: "warn" });
  await scope.acquire(createdBucketKind, { place, bucket: "acme", prefix: "a" }, async () => "acme");
  const of = { kind: "image", id: "ami-1" } as const;
  for (let index = 0; index < exports; index++) {
    await scope.acquire(exportedObjectsKind, { place, bucket: "acme", prefix, of }, async () => "image-export-1");
  }
  await scope[Symbol.asyncDispose]();
  return { done, errors: ui.of("error"), minutes: passed() };
}

describe("a run that is stopped during a long export", () => {
  it.each([20, 100])("waits %d minutes for its end, and then deletes its objects and the bucket", async (minutes) => {
    const { done, errors } = await stopDuring({ minutes });
    expect(errors).toEqual([]);
    expect(done).toEqual([prefix, "acme"]);
    expect(journal.hasOpenResources).toBe(false);
  });

  it("leaves bucket and objects to cleanup when the user does not wait for it, and deletes no bucket under it", async () => {
    const { done, errors, minutes } = await stopDuring({ minutes: 60, hurriedAfterMinutes: 20 });
    expect(minutes).toBeLessThan(25);
    expect(done).toEqual([]);
    expect(errors).toEqual([
      expect.stringContaining("Deleting the exported objects acme/a/0123456789ab/* in eu-west-2 failed"),
      expect.stringContaining("Deleting the bucket acme in eu-west-2 failed"),
    ]);
    expect(journal.hasOpenResources).toBe(true);
  });

  it("does so, too, when the export has no end", async () => {
    const { done, errors } = await stopDuring({ minutes: Number.POSITIVE_INFINITY });
    expect(done).toEqual([]);
    expect(errors[0]).toContain("The export image-export-1 has not ended within 2h0m0s");
    expect(journal.hasOpenResources).toBe(true);
  });

  const outage = new ApiError({ action: "ReadImageExportTasks", httpStatus: 503, ambiguous: false }, "out of order");

  it("waits on when the service fails for a moment, however long it has waited", async () => {
    const { done, errors } = await stopDuring({ minutes: 60, trouble: { afterMinutes: 30, error: outage } });
    expect(errors).toEqual([]);
    expect(done).toEqual([prefix, "acme"]);
  });

  it("does not wait on when it may not look any more", async () => {
    const error = new AuthError("refused");
    const { done, errors, minutes } = await stopDuring({ minutes: 60, trouble: { afterMinutes: 30, error } });
    expect(errors[0]).toContain("refused");
    expect(minutes).toBeLessThan(35);
    expect(done).toEqual([]);
  });

  it.each([outage, new TypeError("a bug")])("has its time once, whatever fails meanwhile: %s", async (error) => {
    const endless = Number.POSITIVE_INFINITY;
    const { minutes } = await stopDuring({ minutes: endless, trouble: { afterMinutes: 10, error } });
    expect(minutes).toBeLessThan(121);
  });

  it("has its time once for all exports", async () => {
    const { minutes, errors } = await stopDuring({ minutes: Number.POSITIVE_INFINITY, exports: 3 });
    expect(minutes).toBeLessThan(121);
    expect(errors).toHaveLength(4);
  });

  it("does not wait where nobody waits for it: bucket and objects are for the next time", async () => {
    const { done, errors, minutes } = await stopDuring({ minutes: 60, isUnattended: true });
    expect(minutes).toBe(0);
    expect(done).toEqual([]);
    expect(errors[0]).toContain("The export image-export-1 still runs");
    expect(journal.hasOpenResources).toBe(true);
  });
});
