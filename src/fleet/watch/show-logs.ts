import type { RunInput } from "../../builder/builder.ts";
import type { SentResult } from "../queue/messages.ts";
import { OutputReader } from "../queue/output-reader.ts";
import { ShownOutput } from "../submit/shown-output.ts";
import type { FoundJob } from "./fleet-watch.ts";

const LOOK_MS = 2_000;

/**
 * Shows what a build has said.
 * @param follow Goes on until it has ended, or the signal fires
 * @returns what became of it; undefined when it has not ended
 */
export async function showLogs(
  { queue, job }: FoundJob,
  target: Pick<RunInput, "ui" | "onEvent">,
  { follow, signal }: { readonly follow: boolean; readonly signal: AbortSignal },
): Promise<SentResult | undefined> {
  const shown = new ShownOutput(target);
  const reader = new OutputReader(queue, job.id);
  const blocking = queue.redis.duplicate();
  try {
    for (let part = await reader.readAll(); ; part = await reader.read(blocking, LOOK_MS)) {
      shown.part(part);
      const end = part.entries.find((entry) => entry.type === "end");
      if (end !== undefined) return end.result;
      if (!follow || signal.aborted) return await queue.readResult(job.id);
    }
  } finally {
    blocking.disconnect();
  }
}
