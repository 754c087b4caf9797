import { parentPort } from "node:worker_threads";
import { messageOf } from "../common/errors.ts";
import type { ScanAnswer } from "./image-scans.ts";
import { ScanJob, type ScanRequest } from "./scan-job.ts";

// The thread that looks at images: an entry of the bundle of its own, `dist/scan-worker.js`. See image-scans.ts.

const job = new ScanJob();

parentPort?.on("message", async ({ id, request }: { readonly id: number; readonly request: ScanRequest }) => {
  const answer: ScanAnswer = await job.do(request).then(
    (result) => ({ id, result }),
    (error: unknown) => ({ id, failure: messageOf(error) }),
  );
  parentPort?.postMessage(answer);
});
