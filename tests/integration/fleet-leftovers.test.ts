import { join } from "node:path";
import { expect, it } from "vitest";
import { JOURNAL_FORMAT, type JournalEntry } from "../../src/builder/journal/entry.ts";
import { noLog } from "../../src/common/log.ts";
import { JournalMirror, listJournals } from "../../src/fleet/queue/journal-mirror.ts";
import { SeenJobs } from "../../src/fleet/seal/seen-jobs.ts";
import { Recovery } from "../../src/fleet/worker/recovery.ts";
import { returnOwnJobs } from "../../src/fleet/worker/return-own-jobs.ts";
import { ownAccount } from "../support/builder/api-objects.ts";
import { runHeader } from "../support/builder/run-context.ts";
import { type OwnQueue, openOwnQueue } from "../support/fleet/own-queue.ts";
import { scriptedApi } from "../support/outscale/scripted-api.ts";
import { startServer } from "../support/outscale/start-server.ts";
import { requirePrograms } from "../support/suite/requirements.ts";
import { RecordingUi } from "../support/terminal/recording-ui.ts";

const describe = requirePrograms("redis-server");
const { accountId, region, runId } = runHeader;
const unended = new AbortController().signal;

const exporting: readonly JournalEntry[] = [
  { type: "run", format: JOURNAL_FORMAT, ...runHeader },
  {
    ...{ type: "intent", seq: 1, kind: "exported-objects" },
    intent: {
      place: { region, accountId, profile: null },
      ...{ bucket: "acme", prefix: `a/${runId}/`, of: { kind: "image", id: "ami-1" } },
    },
  },
  { type: "result", seq: 1, id: "image-export-1" },
];

/** What the queue knows of a run of build aa, which was exporting when its worker w-1 was lost. */
async function keepCopy({ queue }: OwnQueue, vmId: string | null): Promise<void> {
  const mirror = new JournalMirror(queue, { jobId: "aa", attempt: 1 }, { worker: "w-1", vmId });
  for (const entry of exporting) mirror.add(entry);
  expect(await mirror.problem()).toBeUndefined();
}

/** An account whose export runs until the test ends it, and whose bucket is gone. */
async function startCloud() {
  const task = {
    ...{ TaskId: "image-export-1", ImageId: "ami-1", Progress: 0, Comment: "", Tags: [] },
    OsuExport: { DiskImageFormat: "qcow2", OsuBucket: "acme", OsuPrefix: `a/${runId}` },
  };
  const asked: string[] = [];
  let State = "active";
  const answers: Readonly<Record<string, () => unknown>> = {
    ReadAccounts: () => ({ Accounts: [{ AccountId: ownAccount }] }),
    ReadImageExportTasks: () => ({ ImageExportTasks: [{ ...task, State }] }),
  };
  const server = await startServer((request, response) => {
    const action = request.url?.split("/").at(-1) ?? "";
    asked.push(action);
    const answer = answers[action]?.();
    response.setHeader("content-type", "application/json");
    response.writeHead(answer === undefined ? 404 : 200);
    response.end(answer === undefined ? "" : JSON.stringify(answer));
  });
  const base = `http://127.0.0.1:${server.port}`;
  const keys = { accessKey: "ABCDEFGHIJKLMNOPQRST", secretKey: "SECRETKEYOFTHETEST" };
  return {
    asked,
    access: { endpoint: `${base}/api/v1`, storageEndpoint: base, region, ...keys, insecureSkipTlsVerify: false },
    endExport: () => {
      State = "completed";
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

describe("what an export still writes when its worker is lost", () => {
  it("is left, told once, until the export has ended, and removed then by another worker", async () => {
    await using own = await openOwnQueue();
    await using cloud = await startCloud();
    await keepCopy(own, "i-gone");
    const { api } = scriptedApi({ readVms: () => ({ Vms: [{ VmId: "i-gone", State: "terminated" }] }) });
    const ui = new RecordingUi();
    const account = { accountId, region, vmId: "i-here" };
    const recovery = new Recovery({
      ...{ queue: own.queue, workerId: "w-2", account, api, access: cloud.access },
      ...{ env: {}, stateFolder: own.folder, ui, log: noLog },
    });
    const said = () => [...ui.of("say"), ...ui.of("message")];
    // More often than something that fails is tried.
    for (let looks = 0; looks < 7; looks++) {
      await recovery.look(unended);
      const asked = cloud.asked.length;
      // Nobody asks again before the hold has run out.
      await recovery.look(unended);
      expect(cloud.asked).toHaveLength(asked);
      await own.redis.del(own.queue.keyOf("recovery", "aa"));
    }
    expect(await listJournals(own.queue)).toHaveLength(1);
    expect(said().filter((line) => line.includes("The export image-export-1 still runs"))).toHaveLength(1);
    cloud.endExport();
    await recovery.look(unended);
    expect(await listJournals(own.queue)).toEqual([]);
    expect(ui.of("say").at(-1)).toContain("Build aa: what its export had written is deleted");
    expect(ui.of("error")).toEqual([]);
  });

  it("stays known to the others when its own worker is started again, until that has removed it", async () => {
    await using own = await openOwnQueue();
    await keepCopy(own, null);
    const jobs = { left: [], resultOf: () => undefined, forget: () => undefined, begin: expect.unreachable };
    const seen = new SeenJobs(join(own.folder, "seen"), Date.now);
    const input = { queue: own.queue, workerId: "w-1", accountId, seen, jobs, products: new Map() };
    await returnOwnJobs({ ...input, later: new Set([runId]) }, () => undefined);
    expect(await listJournals(own.queue)).toHaveLength(1);
    await returnOwnJobs({ ...input, later: new Set() }, () => undefined);
    expect(await listJournals(own.queue)).toEqual([]);
  });

  it("keeps no worker that ends: a look that is stopped takes nothing down", async () => {
    await using own = await openOwnQueue();
    await using cloud = await startCloud();
    await keepCopy(own, "i-gone");
    const stopping = new AbortController();
    const readVms = () => {
      stopping.abort();
      return { Vms: [{ VmId: "i-gone", State: "terminated" }] };
    };
    const ui = new RecordingUi();
    const recovery = new Recovery({
      ...{ queue: own.queue, workerId: "w-2", account: { accountId, region, vmId: "i-here" } },
      ...{ api: scriptedApi({ readVms }).api, access: cloud.access, env: {}, stateFolder: own.folder, ui, log: noLog },
    });
    await recovery.look(stopping.signal);
    expect(cloud.asked).toEqual([]);
    expect(ui.of("error")).toEqual([]);
    expect(await listJournals(own.queue)).toHaveLength(1);
  });
});
