import type { RunInput } from "../../builder/builder.ts";
import { FollowedOutput } from "../queue/followed-output.ts";
import type { SentResult } from "../queue/messages.ts";
import { OutputNews } from "../queue/output-news.ts";
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
  if (!follow) {
    const reader = new OutputReader(queue, job.id);
    for (let isThereMore = true; isThereMore; ) {
      const part = await reader.read();
      shown.part(part);
      isThereMore = part.isCutOff;
    }
    return queue.readResult(job.id);
  }
  using news = new OutputNews(queue);
  using output = await FollowedOutput.open(queue, job.id, news);
  signal.addEventListener("abort", () => output.look(), { once: true });
  for (let isOver = false; !isOver && !signal.aborted; ) {
    const part = await output.next(LOOK_MS);
    shown.part(part);
    isOver = part.entries.some((entry) => entry.type === "end");
  }
  return queue.readResult(job.id);
}
