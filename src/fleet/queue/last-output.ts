import type { FleetQueue } from "./fleet-queue.ts";
import type { OutputEntry } from "./messages.ts";

const PIECES = 8;

/** What a job has said last, as far as it is in its newest pieces, oldest first. Those of a stranger are passed over. */
export async function readLastOutput(queue: FleetQueue, jobId: string): Promise<readonly OutputEntry[]> {
  const pieces = await queue.redis.xrevrange(queue.keyOf("output", jobId), "+", "-", "COUNT", PIECES);
  return pieces.reverse().flatMap(([, [, number, , sealed]]) => {
    try {
      // What opens with our key was written by one of ours.
      return queue.openJson(sealed, "output", jobId, Number(number)).value as OutputEntry[];
    } catch {
      return [];
    }
  });
}
