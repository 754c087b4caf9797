import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "bullmq";
import type { Ui } from "../../src/builder/ui.ts";
import { noLog } from "../../src/common/log.ts";
import type { RedisAddress } from "../../src/fleet/queue/address.ts";
import { connect } from "../../src/fleet/queue/connection.ts";
import { FleetQueue } from "../../src/fleet/queue/fleet-queue.ts";
import type { FleetKeys } from "../../src/fleet/seal/fleet-key.ts";
import { Sealer } from "../../src/fleet/seal/seal.ts";
import { FleetWorker } from "../../src/fleet/worker/fleet-worker.ts";
import { takeIdentity } from "../../src/fleet/worker/identity.ts";
import type { HeldJobs } from "../../src/fleet/worker/job-files.ts";
import type { StartJob } from "../../src/fleet/worker/job-process.ts";
import { makeTemporaryFolder } from "../../src/host/temporary-folder.ts";
import { BARE_QUEUE, PLACE, startFakeJob } from "./fleet-builds.ts";

/** Workers that take jobs until they are stopped. */
export interface Workers {
  /** Milliseconds from the end of a worker's build to the beginning of its next, of all of them. */
  readonly gapsMs: readonly number[];
  stop(): Promise<void>;
}

export const quietUi: Ui = {
  say: () => undefined,
  message: () => undefined,
  warn: (message) => console.error(message),
  error: (message) => console.error(message),
  ask: () => Promise.reject(new Error("Nobody is there")),
};

/** The fleet's own workers, each with a slot, an identity and connections of its own. Their builds only last. */
export async function startWorkers(
  count: number,
  { folder, address, keys }: { readonly folder: string; readonly address: RedisAddress; readonly keys: FleetKeys },
): Promise<Workers> {
  const gapsMs: number[] = [];
  const drains: AbortController[] = [];
  const runOne = async (onReady: () => void) => {
    const drain = new AbortController();
    drains.push(drain);
    const stateFolder = mkdtempSync(join(folder, "worker-"));
    await using identity = await takeIdentity(stateFolder, "bench");
    const redis = await connect(address);
    await using queue = new FleetQueue(PLACE, redis, new Sealer(keys, Date.now));
    const worker = new FleetWorker({
      ...{ address, keys, env: {}, localCloud: undefined, label: undefined, slots: 1, limitBytes: 1024 ** 2 },
      ...{
        bucketLimitBytes: 0,
        bundleProfile: undefined,
        bucket: { storage: () => Promise.reject(new Error("none")) },
      },
      ...{
        ui: { ...quietUi, say: (line) => line.includes(" bakes for ") && onReady() },
        log: noLog,
        drain: drain.signal,
        stop: new AbortController().signal,
        queue,
        identity,
        stateFolder,
      },
      ...{
        jobs: unlockedJobs,
        host: "bench",
        deadRuns,
        recovery: { look: () => Promise.resolve() },
        makeFolder: makeTemporaryFolder,
      },
      account: { ...PLACE, vmId: undefined },
      cleanUp: () => Promise.resolve(deadRuns),
      startJob: withGaps(startFakeJob, gapsMs),
    });
    await worker.run(await connect(address));
    redis.disconnect();
  };
  const running: Promise<void>[] = [];
  for (let started = 0; started < count; started++) {
    await new Promise<void>((resolve, reject) => {
      const one = runOne(resolve);
      one.catch(reject);
      running.push(one);
    });
  }
  return {
    gapsMs,
    stop: async () => {
      for (const drain of drains) drain.abort();
      await Promise.all(running);
    },
  };
}

const deadRuns = { isClean: true, products: new Map<string, never>(), later: new Set<string>() };

/** Jobs without their locks, which are a program each: 100 workers have one machine here, not 100. */
const unlockedJobs: HeldJobs = {
  begin: () => Promise.resolve({ lock: { fd: 0 }, resultFile: "", remove: () => Promise.resolve() }),
  left: [],
  resultOf: () => undefined,
  forget: () => undefined,
};

function withGaps(startJob: StartJob, gapsMs: number[]): StartJob {
  let endedAt: number | undefined;
  return (input) => {
    if (endedAt !== undefined) gapsMs.push(performance.now() - endedAt);
    const job = startJob(input);
    void job.result.then(() => {
      endedAt = performance.now();
    });
    return job;
  };
}

/** The least that BullMQ can do: workers whose jobs only last. */
export async function startBareWorkers(count: number, address: RedisAddress): Promise<Workers> {
  const gapsMs: number[] = [];
  const workers = Array.from({ length: count }, () => {
    let endedAt: number | undefined;
    const lasts = async ({ data }: { readonly data: { readonly durationMs: number } }) => {
      if (endedAt !== undefined) gapsMs.push(performance.now() - endedAt);
      await new Promise((resolve) => setTimeout(resolve, data.durationMs));
      endedAt = performance.now();
    };
    return new Worker(BARE_QUEUE, lasts, { connection: { ...address.options, maxRetriesPerRequest: null } });
  });
  await Promise.all(workers.map((worker) => worker.waitUntilReady()));
  return { gapsMs, stop: async () => void (await Promise.all(workers.map((worker) => worker.close()))) };
}
