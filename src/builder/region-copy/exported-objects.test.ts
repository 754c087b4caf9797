import { describe, expect, it } from "vitest";
import { regionsAt, releaseContext, scriptedApi } from "../../../tests/support/outscale/scripted-api.ts";
import { defaultWaiting } from "../../config/default-waiting.ts";
import type { ImageExportTask } from "../../outscale/oapi.ts";
import type { ObjectStorage } from "../../outscale/object-storage/object-storage.ts";
import { createWaiters } from "../../outscale/waiters.ts";
import { type ExportIntent, exportedObjectsKind } from "./exported-objects.ts";

const place = { region: "eu-west-2", accountId: "123456789012", profile: null };
const intent: ExportIntent = { place, bucket: "acme", prefix: "a/0123456789ab/", of: { kind: "image", id: "ami-1" } };

const task = (TaskId: string, State: string, OsuPrefix = "a/0123456789ab"): ImageExportTask => ({
  ...{ TaskId, State, ImageId: "ami-1", Progress: 0, Comment: "", Tags: [] },
  OsuExport: { DiskImageFormat: "qcow2", OsuBucket: "acme", OsuPrefix },
});

/** An account whose tasks are these, one look after the other, and from then on the last. */
function account(looks: readonly (readonly ImageExportTask[])[]) {
  const events: string[] = [];
  let look = 0;
  const { api } = scriptedApi({
    readImageExportTasks: () => {
      const ImageExportTasks = looks[Math.min(look++, looks.length - 1)] ?? [];
      events.push(ImageExportTasks.map(({ State }) => State).join());
      return { ImageExportTasks };
    },
  });
  const storage: Partial<ObjectStorage> = {
    findBucket: async () => "found",
    removeBelow: async (_bucket, prefix) => void events.push(`remove ${prefix}`),
  };
  const context = releaseContext(api);
  const waiters = createWaiters({ api, clock: context.clock, ...defaultWaiting });
  const regions = regionsAt({ place, api, waiters, storage: storage as ObjectStorage });
  return { context: { ...context, regions }, events };
}

describe("exportedObjectsKind", () => {
  it("waits for every task that writes there before the objects go", async () => {
    const over = task("image-export-1", "completed");
    const { context, events } = account([
      [over, task("image-export-2", "pending/queued")],
      [over, task("image-export-2", "active")],
      [over, task("image-export-2", "completed")],
    ]);
    const { now } = context.clock;
    await exportedObjectsKind.release(context, { id: "image-export-1", intent, facts: {}, madeAt: now() });
    expect(events.slice(-2)).toEqual(["completed,completed", "remove a/0123456789ab/"]);
  });

  it("finds the task that goes on, before one that is over", async () => {
    const [over, other] = [task("image-export-1", "failed"), task("image-export-3", "active", "b/0123456789ab")];
    const find = (tasks: readonly ImageExportTask[]) => exportedObjectsKind.find(account([tasks]).context, intent);
    expect(await find([over, other, task("image-export-2", "active")])).toBe("image-export-2");
    expect(await find([over, other])).toBe("image-export-1");
  });
});
