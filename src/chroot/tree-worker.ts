import { parentPort, workerData } from "node:worker_threads";
import { ChrootError, messageOf } from "../common/errors.ts";
import { copyTree } from "./tree-copy.ts";
import type { TreeAnswer, TreeOrder } from "./tree-job.ts";

// The thread that copies a folder: an entry of the bundle of its own, `dist/tree-worker.js`. See tree-job.ts.

async function answer(): Promise<TreeAnswer> {
  const { job, stop } = workerData as TreeOrder;
  try {
    return { result: await copyTree(job, () => Atomics.load(stop, 0) !== 0) };
  } catch (error) {
    return { failure: messageOf(error), hint: error instanceof ChrootError ? error.hint : undefined };
  }
}

void answer().then((it) => parentPort?.postMessage(it));
