import type { Clock } from "../common/clock.ts";
import { formatDuration } from "../common/duration.ts";
import { messageOf } from "../common/errors.ts";
import type { DebugLog } from "../common/log.ts";
import { apiFailureOf, isThrottle, WaitError, WaitTimeoutError, WentBackError } from "./errors.ts";
import { Pace, type Pauses } from "./pace.ts";
import { ABSENT, type Goal } from "./resource-states.ts";
import type { SharedPoller } from "./shared-poller.ts";
import { NOT_BEGUN_MS, UNSEEN_MS } from "./unseen.ts";
import type { KindHistory } from "./wait-history.ts";

export interface WaitTools {
  readonly clock: Clock;
  readonly log: DebugLog;
  readonly polling: Pauses;
  /** Between 0 and 1, for the jitter between reads. */
  readonly random: () => number;
  /** The ids of what was seen, by any wait. */
  readonly seen: Set<string>;
}

export interface WaitProgress {
  /** The API's word, or `absent`. */
  readonly state: string;
  /** 0 to 100, where the API tells. */
  readonly percent: number | undefined;
  readonly elapsedMs: number;
  /** The deadline, counted from the beginning of the wait. */
  readonly timeoutMs: number;
}

export interface Wait<Resource, Result> {
  /** `volume`, for messages. */
  readonly kind: string;
  readonly id: string;
  readonly goal: Goal<Resource, Result>;
  readonly poller: SharedPoller<Resource>;
  /** What waits of this kind took before. */
  readonly history: KindHistory;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: WaitProgress) => void) | undefined;
}

/** How a wait came to its goal. */
export interface Waited<Result> {
  readonly result: Result;
  /** How long it may have been there unseen: since the last look that found it not ready. Undefined where there was none. */
  readonly lateMs: number | undefined;
}

/** What every resource that can be waited for may have. */
export interface Waitable {
  readonly State: string;
  readonly Progress?: number | undefined;
  readonly StateComment?: { readonly StateMessage?: string | undefined } | undefined;
}

/** What was seen once may still be missing from the next answer, and be there in the one after it. */
const GRACE_MS = 10_000;
/** Reads until the goal is reached, or never can be. See {@link Waiters} for what is thrown. */
export async function waitFor<Resource extends Waitable, Result>(
  tools: WaitTools,
  wait: Wait<Resource, Result>,
): Promise<Waited<Result>> {
  const { clock } = tools;
  const startedAt = clock.now();
  const course = new Course(wait.goal);
  const pace = new Pace(wait.history, tools);
  let lastState = "unknown";
  for (let withinMs = pace.firstMs(); ; ) {
    const { resource, trouble } = await readOnce(tools, wait, withinMs);
    const elapsedMs = clock.now() - startedAt;
    if (trouble === undefined) {
      lastState = resource?.State ?? ABSENT;
      if (resource !== undefined) tools.seen.add(wait.id);
      wait.onProgress?.({ state: lastState, percent: resource?.Progress, elapsedMs, timeoutMs: wait.timeoutMs });
      const verdict = wait.goal.judge(resource);
      if (typeof verdict === "object") return { result: verdict.result, lateMs: pace.ready(elapsedMs) };
      const graceMs = tools.seen.has(wait.id) ? GRACE_MS : UNSEEN_MS;
      const isTooEarly = resource === undefined && elapsedMs < graceMs;
      if (verdict === "failed" && !isTooEarly) throw failed(wait, resource);
      if (resource !== undefined && course.hasGoneBack(resource, elapsedMs)) throw wentBack(wait, resource);
    }
    const leftMs = wait.timeoutMs - elapsedMs;
    if (leftMs <= 0) throw timedOut(wait, lastState, trouble);
    withinMs = Math.min(
      leftMs,
      pace.nextMs({ elapsedMs, percent: resource?.Progress, isThrottled: isThrottle(trouble) }),
    );
  }
}

/** What a resource was seen doing so far: whether the service has begun what it was asked for. */
class Course<Resource> {
  readonly #goal: Goal<Resource, unknown>;
  #isBegun = false;

  constructor(goal: Goal<Resource, unknown>) {
    this.#goal = goal;
  }

  hasGoneBack(resource: Resource, elapsedMs: number): boolean {
    if (this.#goal.isUnderway === undefined) return false;
    if (!this.#goal.isUnderway(resource)) return this.#isBegun || elapsedMs >= NOT_BEGUN_MS;
    this.#isBegun = true;
    return false;
  }
}

/** Reads the resource, which may be absent; or says what went wrong in a way that may pass. */
async function readOnce<Resource, Result>(
  { log }: WaitTools,
  { kind, id, poller, signal }: Wait<Resource, Result>,
  withinMs: number,
): Promise<{ readonly resource?: Resource | undefined; readonly trouble?: unknown }> {
  try {
    return { resource: await poller.read(id, withinMs, signal) };
  } catch (error) {
    if (!isPassing(error)) throw error;
    log.write({ kind: "note", message: `Still waiting for ${kind} ${id}: ${messageOf(error)}` });
    return { trouble: error };
  }
}

/** No answer, too many requests, or trouble inside the service. A refusal (4xx) would be repeated for ever. */
function isPassing(error: unknown): boolean {
  const failure = apiFailureOf(error);
  if (!failure) return false;
  return failure.httpStatus === undefined || failure.httpStatus >= 500 || isThrottle(error);
}

/** What did not come about: `did not become available`, `was not unlinked`. */
function missed(phrase: string): string {
  const [, state] = /^be (.*)$/.exec(phrase) ?? [];
  return state === undefined ? `did not ${phrase}` : `was not ${state}`;
}

const TRY_AGAIN = "Try again; if it happens again, ask OUTSCALE's support";

function failed<Resource extends Waitable, Result>(
  { kind, id, goal }: Wait<Resource, Result>,
  resource: Resource | undefined,
): WaitError {
  const lastState = resource?.State ?? ABSENT;
  const comment = resource?.StateComment?.StateMessage;
  const reason = resource ? `its state is "${lastState}"${comment ? ` (${comment})` : ""}` : "it does not exist";
  const hint = resource
    ? TRY_AGAIN
    : "Somebody deleted it meanwhile: find out who else uses this account, then try again";
  return new WaitError(`The ${kind} "${id}" ${missed(goal.phrase)}: ${reason}`, { resourceId: id, lastState, hint });
}

function wentBack<Resource extends Waitable, Result>(
  { kind, id, goal }: Wait<Resource, Result>,
  { State: lastState }: Resource,
): WentBackError {
  const message = `The ${kind} "${id}" ${missed(goal.phrase)}: the service has given up, and its state is "${lastState}"`;
  return new WentBackError(message, {
    resourceId: id,
    lastState,
    hint: TRY_AGAIN,
  });
}

function timedOut<Resource, Result>(
  { kind, id, goal, timeoutMs }: Wait<Resource, Result>,
  lastState: string,
  cause: unknown,
): WaitTimeoutError {
  return new WaitTimeoutError(
    `The ${kind} "${id}" ${missed(goal.phrase)} within ${formatDuration(timeoutMs)}: its state is "${lastState}"`,
    { resourceId: id, lastState, cause, hint: "The option timeouts says how long each kind of wait may take" },
  );
}
