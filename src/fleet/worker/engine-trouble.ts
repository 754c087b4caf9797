import { ErrorCode } from "bullmq";

/** BullMQ's hold on a job, which it renews. It decides nothing here: see `Claim`. */
export const HOLD_MS = 60_000;

const OF_A_HOLD: readonly unknown[] = [
  ErrorCode.JobNotExist,
  ErrorCode.JobLockNotExist,
  ErrorCode.JobNotInState,
  ErrorCode.JobLockMismatch,
];

type EngineError = Error & { readonly code?: unknown };

/** Whether something that BullMQ says is news: it passes on what is told by ourselves, too, and in better words. */
export function isNews(error: EngineError): boolean {
  return !isOfHold(error) && !isOfConnection(error);
}

/** It has no hold on a job, or no such job. While the job is ours the hold is taken again; when it is not, that is told. */
function isOfHold({ code, message }: EngineError): boolean {
  return OF_A_HOLD.includes(code) || message.startsWith("could not renew lock");
}

/** A connection of its own is lost. So is ours: who has opened that tells it once, and BullMQ at each try. */
function isOfConnection({ code, message }: EngineError): boolean {
  const isOfSystem = typeof code === "string" && /^E[A-Z]+$/.test(code);
  return isOfSystem || /^(Socket timeout|Connection is closed)/.test(message);
}
