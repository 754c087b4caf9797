import { Worker } from "node:worker_threads";
import { TransferError } from "./transfer-error.ts";
import { copyTree, type TreeJob, type TreeResult } from "./tree-copy.ts";

/** What the worker thread answers. Errors lose their class between threads, so their text goes. */
export type TreeAnswer = { readonly result: TreeResult } | { readonly failure: string };

/**
 * Copies a folder in a thread of its own, so that the build, its output and its signals go on meanwhile: the calls that
 * resolve paths inside a root are synchronous.
 *
 * In a release the thread is `tree-worker.js`, which the bundler emits as an entry of its own beside the file that has
 * this module. Node cannot start a thread from TypeScript, so where the sources run as they are, in tests, the same
 * function runs in this thread.
 * @throws {TransferError}
 */
export function runTreeJob(job: TreeJob): Promise<TreeResult> {
  if (import.meta.url.endsWith(".ts")) return Promise.resolve(job).then(copyTree);
  const worker = new Worker(new URL("./tree-worker.js", import.meta.url), { workerData: job });
  return new Promise((resolve, reject) => {
    worker.once("message", (answer: TreeAnswer) => {
      if ("result" in answer) resolve(answer.result);
      else reject(new TransferError(answer.failure));
    });
    worker.once("error", reject);
    worker.once("exit", (code) => reject(new TransferError(`The copying thread ended early (exit code ${code})`)));
  });
}
