import { Worker } from "node:worker_threads";
import { withinBounds } from "../common/bounded-thread.ts";
import { ChrootError, messageOf } from "../common/errors.ts";
import { type GeneraliseInput, type GeneraliseResult, generaliseImage } from "./generalise/generalise-image.ts";
import { type CheckPolicyInput, checkPolicy, listSetIds, type PolicyPlace } from "./policy/check-policy.ts";
import type { PolicyResult } from "./policy/finding.ts";

/** What can be done with a mounted image here, as plain data: it goes to a thread. */
export type HygieneJob =
  | { readonly type: "list-set-ids"; readonly input: PolicyPlace }
  | { readonly type: "check-policy"; readonly input: CheckPolicyInput }
  | { readonly type: "generalise"; readonly input: GeneraliseInput };

interface Results {
  readonly "list-set-ids": readonly string[];
  readonly "check-policy": PolicyResult;
  readonly generalise: GeneraliseResult;
}

export type HygieneResult = Results[keyof Results];

/** What the thread answers. Errors lose their class between threads, so their text goes. */
export type HygieneAnswer = { readonly result: HygieneResult } | { readonly failure: string };

/** An image could not be looked at, or cleaned. */
export class HygieneError extends ChrootError {
  override readonly code = "E_SYSTEM";
}

/** A cold volume of millions of files takes minutes: what takes longer has no end. */
const LONGEST_MS = 3_600_000;

/** Does a job, wherever it runs. */
function doHygieneJob(job: HygieneJob): HygieneResult {
  switch (job.type) {
    case "list-set-ids":
      return listSetIds(job.input);
    case "check-policy":
      return checkPolicy(job.input);
    case "generalise":
      return generaliseImage(job.input);
  }
}

/**
 * Does a job in a thread of its own, so that builds, their output and their signals go on meanwhile.
 *
 * In a release the thread is `hygiene-worker.js`, which the bundler emits as an entry of its own. Node cannot start a thread
 * from TypeScript, so where the sources run as they are, in tests, the work is done in this thread.
 * @param signal Ends the thread, wherever it is
 * @throws {HygieneError}
 * @throws {CancelledError}
 */
export async function runHygieneJob<Type extends HygieneJob["type"]>(
  job: Extract<HygieneJob, { readonly type: Type }>,
  signal?: AbortSignal,
): Promise<Results[Type]> {
  const answer = import.meta.url.endsWith(".ts") ? answerTo(job) : await runInThread(job, signal);
  if ("failure" in answer) throw new HygieneError(answer.failure);
  return answer.result as Results[Type];
}

/** Never throws: what went wrong is in the answer. */
export function answerTo(job: HygieneJob): HygieneAnswer {
  try {
    return { result: doHygieneJob(job) };
  } catch (error) {
    return { failure: messageOf(error) };
  }
}

function runInThread(job: HygieneJob, signal: AbortSignal | undefined): Promise<HygieneAnswer> {
  const worker = new Worker(new URL("./hygiene-worker.js", import.meta.url), { workerData: job });
  const answer = new Promise<HygieneAnswer>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", (code) => reject(new HygieneError(`The thread that looks at images ended early (${code})`)));
  });
  return withinBounds(worker, answer, { signal, longestMs: LONGEST_MS });
}
