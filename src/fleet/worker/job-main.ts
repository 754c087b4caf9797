import type { JournalCopy } from "../../builder/journal/journal-copy.ts";
import { CancelledError, FleetError } from "../../common/errors.ts";
import { isCopied } from "../queue/journal-mirror.ts";
import type { SentResult } from "../queue/messages.ts";
import { writeResult } from "./job-files.ts";
import type { FromJob, ToJob } from "./job-messages.ts";
import { runJob } from "./run-job.ts";

// The process of one job: it has a working folder, secrets and a journal of its own, and its end is known by the kernel.

const stop = new AbortController();
const hurry = new AbortController();
type Answer = (problem: string | undefined) => void;
/** What the worker is asked and has not answered, oldest first. */
const asked = { "may-publish": [] as Answer[], copied: [] as Answer[] };

// The terminal's Ctrl-C and systemd's SIGTERM reach this process too, and it is for the worker to say what they mean.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);

let isAlone = false;
let isHandedBack = false;
process.on("disconnect", () => {
  isAlone = true;
  stop.abort(new CancelledError("The build was stopped: its worker is gone"));
  for (const answer of [...asked["may-publish"], ...asked.copied]) answer("its worker is gone");
});

process.on("message", (message: ToJob) => {
  if (message.type === "start") void start(message);
  else if (message.type === "stop") {
    isHandedBack = message.isHandedBack;
    stop.abort(new CancelledError(message.reason));
  } else if (message.type === "hurry") hurry.abort(new CancelledError("The clean-up was hurried"));
  else asked[message.type].shift()?.(message.problem);
});

async function start({ order }: Extract<ToJob, { type: "start" }>): Promise<void> {
  const result = await runJob({
    ...order,
    signal: stop.signal,
    hurry: hurry.signal,
    onEvent: (event) => tell({ type: "event", event }),
    mayPublish,
    journalCopy,
  });
  if (!isCutOff(result)) writeResult(order.resultFile, result);
  // All of it is handed over before the process ends.
  await new Promise<void>((resolve) => {
    if (process.send === undefined || !process.connected) resolve();
    else process.send({ type: "end", result } satisfies FromJob, () => resolve());
  });
  process.exit(0);
}

/** It ended because its worker does or did, and nothing came of it: the job is run again. */
function isCutOff({ outcome, artifact, error }: SentResult): boolean {
  if (outcome === "done" || artifact !== undefined) return false;
  const isStopped = error === undefined || error.code === "E_CANCELLED";
  if (isAlone) return isStopped || error.code === "E_FLEET";
  return isHandedBack && isStopped && (error?.cleanup ?? []).length === 0;
}

async function mayPublish(): Promise<void> {
  const problem = await unlessStopped(ask("may-publish", { type: "may-publish" }));
  if (problem !== undefined) throw new FleetError(`The build does not publish its OMI: ${problem}`);
}

/** The copy in the queue, which the worker writes. */
const journalCopy: JournalCopy = {
  add: (entry) => {
    if (isCopied(entry)) tell({ type: "journal", entry });
  },
  upToDate: async () => {
    const problem = await unlessStopped(ask("copied", { type: "is-copied" }));
    if (problem !== undefined) throw new FleetError(`Nothing is made that no other worker could take down: ${problem}`);
  },
};

/**
 * The worker may wait long for its queue before it answers; a build that is stopped meanwhile takes down what it has. What is
 * asked for after that is a matter of taking down.
 */
async function unlessStopped<Value>(answer: Promise<Value>): Promise<Value> {
  if (stop.signal.aborted) return answer;
  const ended = new AbortController();
  const stopped = new Promise<never>((_resolve, reject) => {
    stop.signal.addEventListener("abort", () => reject(stop.signal.reason), { once: true, signal: ended.signal });
  });
  try {
    return await Promise.race([answer, stopped]);
  } finally {
    ended.abort();
  }
}

async function ask(kind: keyof typeof asked, question: FromJob): Promise<string | undefined> {
  if (!process.connected) return "its worker is gone";
  return await new Promise<string | undefined>((resolve) => {
    asked[kind].push(resolve);
    tell(question);
  });
}

function tell(message: FromJob): void {
  if (process.connected) process.send?.(message, () => undefined);
}
