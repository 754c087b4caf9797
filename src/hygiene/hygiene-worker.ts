import { parentPort, workerData } from "node:worker_threads";
import { answerTo, type HygieneJob } from "./hygiene-job.ts";

// The thread that looks at an image or cleans it: an entry of the bundle of its own, `dist/hygiene-worker.js`. See hygiene-job.ts.

parentPort?.postMessage(answerTo(workerData as HygieneJob));
