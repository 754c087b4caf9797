import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import type { Ui } from "../../../src/builder/ui.ts";
import { noLog } from "../../../src/common/log.ts";
import { parseAddress } from "../../../src/fleet/queue/address.ts";
import { FleetQueue } from "../../../src/fleet/queue/fleet-queue.ts";
import type { SentResult } from "../../../src/fleet/queue/messages.ts";
import { Sealer } from "../../../src/fleet/seal/seal.ts";
import { connectTwice } from "../../../src/fleet/worker/connections.ts";
import { FleetWorker } from "../../../src/fleet/worker/fleet-worker.ts";
import { takeIdentity } from "../../../src/fleet/worker/identity.ts";
import type { HeldJobs } from "../../../src/fleet/worker/job-files.ts";
import type { JobProcessInput, RunningJob } from "../../../src/fleet/worker/job-process.ts";
import { makeTemporaryFolder } from "../../../src/host/temporary-folder.ts";
import { doneResult } from "./done-result.ts";
import type { OwnQueue } from "./own-queue.ts";

/** A build that ends when a test says so. */
export interface HeldBuild extends JobProcessInput {
  end(result?: Partial<SentResult>): void;
}

/** A worker of an own queue, in this process. Its builds do nothing. */
export interface OwnWorker extends AsyncDisposable {
  readonly id: string;
  /** All that have begun, oldest first. */
  readonly builds: readonly HeldBuild[];
  /** What it has said. */
  readonly said: readonly string[];
  /** Waits until so many builds have begun. */
  begun(count: number): Promise<HeldBuild>;
  says(text: string): Promise<void>;
  /** As at a first signal, and at a second. */
  drain(): void;
  stop(): void;
  /** Fails as the worker does. */
  readonly ended: Promise<void>;
}

/** No process has them, so none has to be waited for. */
const unlockedJobs: HeldJobs = {
  begin: () => Promise.resolve({ lock: { fd: 0 }, resultFile: "", remove: () => Promise.resolve() }),
  left: [],
  resultOf: () => undefined,
  forget: () => undefined,
};

const nothingDead = { isClean: true, products: new Map<string, never>(), later: new Set<string>() };

/** @param socket The way to the queue, in place of its own */
export async function startOwnWorker(own: OwnQueue, socket = join(own.folder, "redis.sock")): Promise<OwnWorker> {
  const [builds, said]: [HeldBuild[], string[]] = [[], []];
  // Whoever waits looks again whenever something has happened.
  const waiting = new Set<() => void>();
  const until = <Value>(look: () => Value | undefined) =>
    new Promise<Value>((resolve) => {
      const tryAgain = () => {
        const value = look();
        if (value === undefined) return;
        waiting.delete(tryAgain);
        resolve(value);
      };
      waiting.add(tryAgain);
      tryAgain();
    });
  const happen = () => {
    for (const tryAgain of [...waiting]) tryAgain();
  };
  const hear = (line: string) => {
    said.push(line);
    happen();
  };
  const ui: Ui = { say: hear, message: hear, warn: hear, error: hear, ask: () => Promise.reject(new Error("Nobody")) };
  const startJob = (input: JobProcessInput): RunningJob => {
    let end: HeldBuild["end"] = () => undefined;
    const result = new Promise<SentResult>((resolve) => {
      end = (parts) => resolve(doneResult(input.workerId, parts));
    });
    builds.push({ ...input, end });
    happen();
    const cancelled = { code: "E_CANCELLED", exitCode: 130, message: "stopped", cleanup: [] };
    const stop = () => end({ outcome: "cancelled", error: cancelled });
    return { result, stop, hurry: () => undefined, ended: () => Promise.resolve() };
  };
  const stateFolder = mkdtempSync(join(own.folder, "worker-"));
  const { place, name } = own.queue;
  const identity = await takeIdentity(stateFolder, name);
  const connections = await connectTwice(parseAddress(`unix:${socket}`, {}), hear);
  const queue = new FleetQueue(place, connections.redis, new Sealer(own.keys, Date.now));
  const [drain, stop] = [new AbortController(), new AbortController()];
  const worker = new FleetWorker({
    ...{
      address: parseAddress(`unix:${socket}`, {}),
      keys: own.keys,
      env: {},
      localCloud: undefined,
      label: undefined,
    },
    ...{ slots: 2, limitBytes: 1024 ** 2, bucketLimitBytes: 0, bundleProfile: undefined, log: noLog, ui },
    ...{ bucket: { storage: () => Promise.reject(new Error("none")) }, host: "here", stateFolder, startJob },
    ...{ drain: drain.signal, stop: stop.signal, queue, identity, deadRuns: nothingDead },
    jobs: unlockedJobs,
    recovery: { look: () => Promise.resolve() },
    makeFolder: makeTemporaryFolder,
    account: { ...place, vmId: undefined },
    cleanUp: () => Promise.resolve(nothingDead),
  });
  const ended = worker.run(connections.blocking).finally(() => connections[Symbol.dispose]());
  ended.catch(() => undefined);
  await until(() => said.find((line) => line.includes("bakes for")));
  return {
    ...{ id: identity.id, builds, said, ended },
    begun: (count) => until(() => builds[count - 1]),
    says: async (text) => void (await until(() => said.find((line) => line.includes(text)))),
    drain: () => drain.abort(),
    stop: () => stop.abort(),
    [Symbol.asyncDispose]: async () => {
      drain.abort();
      stop.abort();
      await ended.catch(() => undefined);
      await identity[Symbol.asyncDispose]();
    },
  };
}
