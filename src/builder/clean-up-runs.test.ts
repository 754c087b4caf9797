import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { otherAccount, snapshot } from "../../tests/support/builder/api-objects.ts";
import { runHeader } from "../../tests/support/builder/run-context.ts";
import { hastyClock } from "../../tests/support/outscale/hasty-clock.ts";
import { jumpingClock } from "../../tests/support/outscale/scripted-api.ts";
import { startServer } from "../../tests/support/outscale/start-server.ts";
import { RecordingUi } from "../../tests/support/terminal/recording-ui.ts";
import { noLog } from "../common/log.ts";
import { type CleanUpOptions, cleanUpRuns } from "./clean-up-runs.ts";
import { Journal } from "./journal/journal.ts";

it("cleanUpRuns() says with which command another account's run is cleaned up, wherever its journal is", async () => {
  const stateFolder = mkdtempSync(join(tmpdir(), "clean-up-runs-"));
  onTestFinished(() => rmSync(stateFolder, { recursive: true }));
  const options = { log: noLog, onTrouble: () => undefined };
  const journal = await Journal.create(join(stateFolder, "runs"), { ...runHeader, profile: "prod" }, options);
  journal.intent("image", { name: "web", rootSnapshotId: "snap-1" });
  journal.close("failed");
  await using server = await startServer((_request, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ Accounts: [{ AccountId: otherAccount }] }));
  });
  const endpoint = `http://127.0.0.1:${server.port}/api/v1`;
  const keys = { accessKey: "ABCDEFGHIJKLMNOPQRST", secretKey: "SECRETKEYOFTHETEST" };
  const access = { endpoint, region: "eu-west-2", ...keys, insecureSkipTlsVerify: false };
  const cleaning = cleanUpRuns({
    ...{ stateFolder, runIds: [], dryRun: false, ui: new RecordingUi(), env: {} },
    connect: async () => ({ access, accessTo: async () => access, close: async () => undefined }),
  });
  const command = `outscale-chroot cleanup -state ${stateFolder} -profile prod ${runHeader.runId}`;
  await expect(cleaning).rejects.toThrow(`of the account ${otherAccount}`);
  await expect(cleaning).rejects.toThrow(`Use the profile of the run: ${command}`);
  await expect(cleaning).rejects.toMatchObject({
    ...{ code: "E_LEFTOVER", exitCode: 12 },
    runs: [{ runId: runHeader.runId, outcome: "failed", removed: [] }],
  });
});

/** A dead run with a snapshot, whose export never ends. */
async function deadRunWithExport() {
  const stateFolder = mkdtempSync(join(tmpdir(), "clean-up-runs-"));
  onTestFinished(() => rmSync(stateFolder, { recursive: true }));
  const options = { log: noLog, onTrouble: () => undefined };
  const { accountId, region, runId } = runHeader;
  const journal = await Journal.create(join(stateFolder, "runs"), runHeader, options);
  journal.result(journal.intent("snapshot", { clientToken: "token" }), "snap-1");
  const place = { region, accountId, profile: null };
  const wanted = { place, bucket: "acme", prefix: `a/${runId}/`, of: { kind: "image", id: "ami-1" } };
  journal.result(journal.intent("exported-objects", wanted), "image-export-1");
  journal.close("failed");
  const task = {
    ...{ TaskId: "image-export-1", ImageId: "ami-1", State: "active", Progress: 0, Comment: "", Tags: [] },
    OsuExport: { DiskImageFormat: "qcow2", OsuBucket: "acme", OsuPrefix: `a/${runId}` },
  };
  const asked: string[] = [];
  const answers: Readonly<Record<string, () => unknown>> = {
    ReadAccounts: () => ({ Accounts: [{ AccountId: accountId }] }),
    ReadImageExportTasks: () => ({ ImageExportTasks: [task] }),
    ReadSnapshots: () => ({
      Snapshots: asked.includes("DeleteSnapshot") ? [] : [snapshot({ SnapshotId: "snap-1" })],
    }),
  };
  const server = await startServer((request, response) => {
    const action = request.url?.split("/").at(-1) ?? "";
    asked.push(action);
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(answers[action]?.() ?? {}));
  });
  const endpoint = `http://127.0.0.1:${server.port}/api/v1`;
  const keys = { accessKey: "ABCDEFGHIJKLMNOPQRST", secretKey: "SECRETKEYOFTHETEST" };
  const access = { endpoint, region, ...keys, insecureSkipTlsVerify: false };
  const ui = new RecordingUi();
  return {
    ui,
    clean: (how: Pick<CleanUpOptions, "clock" | "hurry" | "isUnattended">) =>
      cleanUpRuns({
        ...{ stateFolder, runIds: [], dryRun: false, ui, env: {}, ...how },
        connect: async () => ({ access, accessTo: async () => access, close: async () => undefined }),
      }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

it("cleanUpRuns() leaves what an export still writes for the next time where nobody waits, and takes down the rest", async () => {
  await using run = await deadRunWithExport();
  const { runId } = runHeader;
  const how = { clock: jumpingClock(), isUnattended: true };
  const removed = ["Deleting the snapshot snap-1"];
  expect(await run.clean(how)).toMatchObject([{ runId, outcome: "later", removed, failures: [] }]);
  expect(run.ui.of("error")).toEqual([]);
  // Its journal is still there: whoever cleans up next looks again.
  expect(await run.clean(how)).toMatchObject([{ runId, outcome: "later", removed: [] }]);
});

it("cleanUpRuns() waits for an export no longer than a minute when it is to hurry", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  await using run = await deadRunWithExport();
  const clock = hastyClock();
  const before = clock.now();
  const cleaning = run.clean({ clock, hurry: AbortSignal.abort() });
  await expect(cleaning).rejects.toThrow("The clean-up took too long");
  expect(clock.now() - before).toBeLessThan(5 * 60_000);
});
