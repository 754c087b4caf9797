import { CancelledError, ChrootError, LeftoverError, messageOf, TimeoutError } from "../common/errors.ts";
import { isAuth } from "../outscale/errors.ts";
import { releaseDeadline } from "./release-deadline.ts";
import type { RunContext } from "./run-context.ts";

/** How one thing is released, and how often that is tried. */
export interface Release {
  readonly label: () => string;
  /** @param enough Once it has fired, what the service has accepted to remove is not waited for any longer */
  readonly release: (signal: AbortSignal, enough: AbortSignal) => Promise<void>;
  readonly attempts: number;
}

type ReleasingContext = Pick<RunContext, "ui" | "emit" | "log" | "clock" | "hurry">;

/**
 * Runs releases, newest first, each with a deadline and retries, past failures.
 * @returns the failures, which were told
 */
export async function releaseNewestFirst(
  context: ReleasingContext,
  releases: readonly Release[],
  enough: AbortSignal,
): Promise<readonly unknown[]> {
  const failures: unknown[] = [];
  for (const release of [...releases].reverse()) {
    try {
      await releaseOne(context, release, enough);
    } catch (error) {
      context.ui.error(`${release.label()} failed: ${messageOf(error)}`);
      failures.push(error);
    }
  }
  return failures;
}

async function releaseOne(context: ReleasingContext, entry: Release, enough: AbortSignal): Promise<void> {
  const { clock, emit } = context;
  const release = entry.label();
  emit({ type: "release-started", release, at: clock.now() });
  try {
    await tryToRelease(context, entry, enough);
  } finally {
    emit({ type: "release-ended", release, at: clock.now() });
  }
}

async function tryToRelease(context: ReleasingContext, entry: Release, enough: AbortSignal): Promise<void> {
  const { hurry, log, clock } = context;
  using deadline = releaseDeadline(hurry);
  for (let attempt = 1; ; attempt++) {
    try {
      return await entry.release(deadline.signal, enough);
    } catch (error) {
      if (attempt >= entry.attempts || deadline.signal.aborted || !isWorthRetrying(error)) throw error;
      log.write({ kind: "note", message: `${entry.label()}: try ${attempt} failed: ${messageOf(error)}` });
      await clock.sleep(Math.min(500 * 2 ** attempt, hurry.aborted ? 1_000 : 10_000));
    }
  }
}

/** What stays as it is however often we try: somebody holds it, or our time is up. */
function isWorthRetrying(error: unknown): boolean {
  if (error instanceof LeftoverError || error instanceof CancelledError || error instanceof TimeoutError) return false;
  return !isAuth(error);
}

/** What could not be released, as one error that says how to go on. */
export function leftoverOf(failures: readonly unknown[]): LeftoverError {
  const leftovers = failures.flatMap((failure) =>
    failure instanceof LeftoverError ? failure.leftovers : messageOf(failure),
  );
  const first = failures[0];
  const hint = first instanceof ChrootError ? first.hint : undefined;
  return new LeftoverError(`Not everything could be taken down: ${failures.map(messageOf).join("; ")}`, {
    leftovers,
    cause: failures.length === 1 ? first : new AggregateError(failures),
    hint: hint ?? "Free what is named above, then run: outscale-chroot cleanup",
  });
}
