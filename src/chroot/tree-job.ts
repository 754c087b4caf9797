import { Worker } from "node:worker_threads";
import { throwIfCancelled } from "../common/errors.ts";
import { TransferError } from "./transfer-error.ts";
import { copyTree, type TreeJob, type TreeResult } from "./tree-copy.ts";

/** What the worker thread is given: it shares the memory of `stop`, and ends when there is something else than 0. */
export interface TreeOrder {
  readonly job: TreeJob;
  readonly stop: Int32Array;
}

/** What the worker thread answers. Errors lose their class between threads, so their texts go. */
export type TreeAnswer =
  | { readonly result: TreeResult }
  | { readonly failure: string; readonly hint: string | undefined };

/**
 * Copies a folder in a thread of its own, so that the build, its output and its signals go on meanwhile: the calls that
 * resolve paths inside a root are synchronous.
 *
 * In a release the thread is `tree-worker.js`, which the bundler emits as an entry of its own beside the file that has
 * this module. Node cannot start a thread from TypeScript, so where the sources run as they are, in tests, the same
 * function runs in this thread.
 * @param signal Ends the copying where it is
 * @throws {TransferError}
 */
export async function runTreeJob(job: TreeJob, signal?: AbortSignal): Promise<TreeResult> {
  throwIfCancelled(signal);
  try {
    if (import.meta.url.endsWith(".ts")) return await copyTree(job, () => signal?.aborted ?? false);
    return await runInThread(job, signal);
  } catch (error) {
    throwIfCancelled(signal);
    throw error;
  }
}

async function runInThread(job: TreeJob, signal: AbortSignal | undefined): Promise<TreeResult> {
  const stop = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const order: TreeOrder = { job, stop };
  const onAbort = () => void Atomics.store(stop, 0, 1);
  signal?.addEventListener("abort", onAbort, { once: true });
  const worker = new Worker(new URL("./tree-worker.js", import.meta.url), { workerData: order });
  try {
    return await new Promise((resolve, reject) => {
      worker.once("message", (answer: TreeAnswer) => {
        if ("result" in answer) resolve(answer.result);
        else reject(new TransferError(answer.failure, { hint: answer.hint }));
      });
      worker.once("error", reject);
      worker.once("exit", (code) => reject(new TransferError(`The copying thread ended early (exit code ${code})`)));
    });
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}
