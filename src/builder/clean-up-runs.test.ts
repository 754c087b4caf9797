import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { otherAccount } from "../../tests/support/builder/api-objects.ts";
import { runHeader } from "../../tests/support/builder/run-context.ts";
import { startServer } from "../../tests/support/outscale/start-server.ts";
import { RecordingUi } from "../../tests/support/terminal/recording-ui.ts";
import { noLog } from "../common/log.ts";
import { cleanUpRuns } from "./clean-up-runs.ts";
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
