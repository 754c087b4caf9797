import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runContext, runHeader } from "../../../tests/support/builder/run-context.ts";
import { regionsAt } from "../../../tests/support/outscale/scripted-api.ts";
import { RecordingUi } from "../../../tests/support/terminal/recording-ui.ts";
import { noLog } from "../../common/log.ts";
import type { ObjectStorage } from "../../outscale/object-storage/object-storage.ts";
import { StorageError } from "../../outscale/object-storage/storage-error.ts";
import { Journal } from "../journal/journal.ts";
import { Scope } from "../scope.ts";
import { ensureBucket } from "./open-bucket.ts";
import type { RegionCloud } from "./region-clouds.ts";

const place = { region: "eu-west-2", accountId: "123456789012", profile: null };
const lost = new StorageError({ operation: "CreateBucket", bucket: "acme", ambiguous: true }, "No answer came");

let state: string;
let journal: Journal;
beforeEach(async () => {
  state = mkdtempSync(join(tmpdir(), "open-bucket-"));
  journal = await Journal.create(join(state, "runs"), runHeader, { log: noLog, onTrouble: expect.fail });
});
afterEach(() => {
  journal.close("done");
  rmSync(state, { recursive: true });
});

/** Makes sure of a bucket whose creation is answered so, one try after the other. */
async function ensure(answers: readonly ("made" | "owned" | StorageError)[]) {
  const ui = new RecordingUi();
  const left = [...answers];
  const storage: Partial<ObjectStorage> = {
    createBucket: async () => {
      const answer = left.shift() ?? "made";
      if (answer instanceof StorageError) throw answer;
      return answer;
    },
    findBucket: async () => "absent",
  };
  const source = { place, storage } as RegionCloud;
  const context = runContext({ journal, ui, regions: regionsAt(source) });
  const scope = new Scope("export", context, { onFailure: "warn" });
  const input = { source, bucket: "acme", prefix: "a", createBucket: true, seen: "absent" } as const;
  await ensureBucket(context, scope, input);
  return { size: scope.size, said: ui.of("message") };
}

describe("ensureBucket()", () => {
  it("holds the bucket that it has made", async () => {
    expect(await ensure(["made"])).toEqual({ size: 1, said: [] });
    expect(journal.hasOpenResources).toBe(true);
  });

  it("does not hold one that was the account's already: another run has made it meanwhile", async () => {
    expect(await ensure(["owned"])).toEqual({
      size: 0,
      said: ["The bucket acme is there by now: somebody else has made it, and this run leaves it"],
    });
    expect(journal.hasOpenResources).toBe(false);
  });

  it("holds one that may come of its own try whose answer was lost", async () => {
    expect(await ensure([lost, "owned"])).toEqual({ size: 1, said: [] });
  });
});
