import { CancelledError } from "../common/errors.ts";

/** A failed build: what went wrong in it, and what went wrong afterwards while it was taken down. */
export interface Failure {
  readonly error: unknown;
  readonly releaseErrors: readonly unknown[];
}

/**
 * Takes apart what `await using` throws when a release fails on the way out of a failure: the newest error is outside,
 * the one that began it all innermost.
 */
export function unwrapFailure(thrown: unknown): Failure {
  const releaseErrors: unknown[] = [];
  let error = thrown;
  while (error instanceof Error && "suppressed" in error && "error" in error) {
    releaseErrors.push(error.error);
    error = error.suppressed;
  }
  return { error, releaseErrors };
}

export function outcomeOf(error: unknown): "failed" | "cancelled" {
  return error instanceof CancelledError ? "cancelled" : "failed";
}
