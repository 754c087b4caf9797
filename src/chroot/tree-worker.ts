import { parentPort, workerData } from "node:worker_threads";
import { messageOf } from "../common/errors.ts";
import { copyTree, type TreeJob } from "./tree-copy.ts";
import type { TreeAnswer } from "./tree-job.ts";

// The thread that copies a folder: an entry of the bundle of its own, `dist/tree-worker.js`. See tree-job.ts.

function answer(): TreeAnswer {
  try {
    return { result: copyTree(workerData as TreeJob) };
  } catch (error) {
    return { failure: messageOf(error) };
  }
}

parentPort?.postMessage(answer());
