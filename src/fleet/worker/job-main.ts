import { CancelledError, FleetError } from "../../common/errors.ts";
import type { SentResult } from "../queue/messages.ts";
import { writeResult } from "./job-files.ts";
import type { FromJob, ToJob } from "./job-messages.ts";
import { runJob } from "./run-job.ts";

// The process of one job: it has a working folder, secrets and a journal of its own, and its end is known by the kernel.

const stop = new AbortController();
const hurry = new AbortController();
let answer: ((problem: string | undefined) => void) | undefined;

// The terminal's Ctrl-C and systemd's SIGTERM reach this process too, and it is for the worker to say what they mean.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);

let isAlone = false;
process.on("disconnect", () => {
  isAlone = true;
  stop.abort(new CancelledError("The build was stopped: its worker is gone"));
  answer?.("its worker is gone");
});

process.on("message", (message: ToJob) => {
  if (message.type === "start") void start(message);
  else if (message.type === "stop") stop.abort(new CancelledError(message.reason));
  else if (message.type === "hurry") hurry.abort(new CancelledError("The clean-up was hurried"));
  else answer?.(message.problem);
});

async function start({ order }: Extract<ToJob, { type: "start" }>): Promise<void> {
  const result = await runJob({
    ...order,
    signal: stop.signal,
    hurry: hurry.signal,
    onEvent: (event) => tell({ type: "event", event }),
    mayPublish,
  });
  if (!isCutOff(result)) writeResult(order.resultFile, result);
  // All of it is handed over before the process ends.
  await new Promise<void>((resolve) => {
    if (process.send === undefined || !process.connected) resolve();
    else process.send({ type: "end", result } satisfies FromJob, () => resolve());
  });
  process.exit(0);
}

/** It ended because its worker did, and nothing came of it: the job is run again. */
function isCutOff({ outcome, error }: SentResult): boolean {
  return isAlone && outcome !== "done" && (error === undefined || ["E_CANCELLED", "E_FLEET"].includes(error.code));
}

async function mayPublish(): Promise<void> {
  if (!process.connected) throw new FleetError("The build does not publish its OMI: its worker is gone");
  const problem = await new Promise<string | undefined>((resolve) => {
    answer = resolve;
    tell({ type: "may-publish" });
  });
  if (problem !== undefined) throw new FleetError(`The build does not publish its OMI: ${problem}`);
}

function tell(message: FromJob): void {
  if (process.connected) process.send?.(message, () => undefined);
}
