import type { RunInput } from "../../builder/builder.ts";
import type { Clock } from "../../common/clock.ts";
import { FleetError } from "../../common/errors.ts";
import { AwaitedEnd } from "../queue/awaited-end.ts";
import { FollowedOutput } from "../queue/followed-output.ts";
import type { SentResult } from "../queue/messages.ts";
import { OutputNews } from "../queue/output-news.ts";
import { OutputReader } from "../queue/output-reader.ts";
import { ShownOutput } from "../submit/shown-output.ts";
import type { FoundJob } from "./fleet-watch.ts";

const LOOK_MS = 2_000;

interface FollowInput {
  readonly signal: AbortSignal;
  readonly clock: Pick<Clock, "now">;
}

/**
 * Shows what a build has said.
 * @param follow Goes on until it has ended, or the signal fires
 * @returns what became of it; undefined when it has not ended
 * @throws {FleetError} when it is followed, and comes to no end that anybody could tell
 */
export async function showLogs(
  found: FoundJob,
  target: Pick<RunInput, "ui" | "onEvent">,
  { follow, ...input }: FollowInput & { readonly follow: boolean },
): Promise<SentResult | undefined> {
  const { queue, job } = found;
  const shown = new ShownOutput(target);
  if (follow) return followLogs(found, shown, input);
  const reader = new OutputReader(queue, job.id);
  for (let isThereMore = true; isThereMore; ) {
    const part = await reader.read();
    shown.part(part);
    isThereMore = part.isCutOff;
  }
  return queue.readResult(job.id);
}

async function followLogs(
  { queue, job }: FoundJob,
  shown: ShownOutput,
  { signal, clock }: FollowInput,
): Promise<SentResult | undefined> {
  using news = new OutputNews(queue);
  using output = await FollowedOutput.open(queue, job.id, news);
  const end = new AwaitedEnd(queue, job.id, clock);
  signal.addEventListener("abort", () => output.look(), { once: true });
  while (!signal.aborted) {
    const part = await output.next(LOOK_MS);
    shown.part(part);
    if (part.entries.some((entry) => entry.type === "end")) return resultOf({ queue, job });
    if (part.entries.length > 0) {
      end.heard();
      continue;
    }
    const result = await end.look();
    if (result === undefined) continue;
    shown.endIsMissing();
    return result;
  }
  return queue.readResult(job.id);
}

async function resultOf({ queue, job }: FoundJob): Promise<SentResult> {
  const result = await queue.readResult(job.id);
  if (result !== undefined) return result;
  throw new FleetError(`Build ${job.id} has ended, and the queue has lost what became of it`, {
    hint: "its worker's log says so",
  });
}
