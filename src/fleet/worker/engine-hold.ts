import { ErrorCode } from "bullmq";

/** BullMQ's hold on a job, which it renews. It decides nothing here: see `Claim`. */
export const HOLD_MS = 60_000;

const OF_A_HOLD: readonly unknown[] = [
  ErrorCode.JobNotExist,
  ErrorCode.JobLockNotExist,
  ErrorCode.JobNotInState,
  ErrorCode.JobLockMismatch,
];

/**
 * Whether BullMQ says that it has no hold on a job any more, or no such job. While the job is ours the hold is taken again;
 * when it is not, that is told by whoever has found it out.
 */
export function isOfHold(error: Error & { readonly code?: unknown }): boolean {
  return OF_A_HOLD.includes(error.code) || error.message.startsWith("could not renew lock");
}
