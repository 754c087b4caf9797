import type { RunInput } from "../../builder/builder.ts";
import type { Clock } from "../../common/clock.ts";
import { FleetError } from "../../common/errors.ts";
import { AwaitedEnd } from "../queue/awaited-end.ts";
import { FollowedOutput } from "../queue/followed-output.ts";
import type { SentResult } from "../queue/messages.ts";
import { OutputNews } from "../queue/output-news.ts";
import { OutputReader } from "../queue/output-reader.ts";
import { untilStopped } from "../queue/until-stopped.ts";
import { ShownOutput } from "../submit/shown-output.ts";
import type { FoundJob } from "./fleet-watch.ts";

const LOOK_MS = 2_000;

interface FollowInput {
  readonly signal: AbortSignal;
  readonly clock: Pick<Clock, "now">;
}

/**
 * Shows what a build has said, until the signal fires.
 * @param follow Goes on until it has ended
 * @returns what became of it; undefined when it has not ended, or somebody has stopped this
 * @throws {FleetError} when it is followed, and comes to no end that anybody could tell
 */
export async function showLogs(
  found: FoundJob,
  target: Pick<RunInput, "ui" | "onEvent">,
  { follow, ...input }: FollowInput & { readonly follow: boolean },
): Promise<SentResult | undefined> {
  const shown = new ShownOutput(target);
  try {
    return await (follow ? followLogs(found, shown, input) : readLogs(found, shown, input));
  } catch (error) {
    // Whatever it was, nobody waits for it.
    if (input.signal.aborted) return undefined;
    throw error;
  }
}

async function readLogs(
  { queue, job }: FoundJob,
  shown: ShownOutput,
  { signal }: FollowInput,
): Promise<SentResult | undefined> {
  const reader = new OutputReader(queue, job.id);
  for (let isThereMore = true; isThereMore; ) {
    const part = await untilStopped(reader.read(), signal);
    shown.part(part);
    isThereMore = part.isCutOff;
  }
  return untilStopped(queue.readResult(job.id), signal);
}

async function followLogs(
  { queue, job }: FoundJob,
  shown: ShownOutput,
  { signal, clock }: FollowInput,
): Promise<SentResult | undefined> {
  using news = new OutputNews(queue);
  using output = await untilStopped(FollowedOutput.open(queue, job.id, news), signal);
  const end = new AwaitedEnd(queue, job.id, clock);
  for (;;) {
    const part = await untilStopped(output.next(LOOK_MS), signal);
    shown.part(part);
    if (part.entries.some((entry) => entry.type === "end")) return untilStopped(resultOf({ queue, job }), signal);
    if (part.entries.length > 0) {
      end.heard();
      continue;
    }
    const result = await untilStopped(end.look(), signal);
    if (result === undefined) continue;
    shown.endIsMissing();
    return result;
  }
}

async function resultOf({ queue, job }: FoundJob): Promise<SentResult> {
  const result = await queue.readResult(job.id);
  if (result !== undefined) return result;
  throw new FleetError(`Build ${job.id} has ended, and the queue has lost what became of it`, {
    hint: "its worker's log says so",
  });
}
