import { WaitingError } from "bullmq";

/**
 * Leaves a job in the engine as it is: active. It is for somebody else to end it: for whoever holds it, or, when nobody does,
 * for a worker that looks after the jobs of others.
 */
export function leaveJob(): never {
  throw new WaitingError();
}
