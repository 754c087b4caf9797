import type { RunInput } from "../../builder/builder.ts";
import { formatDuration } from "../../common/duration.ts";
import { messageOf } from "../../common/errors.ts";
import type { FailedAttempt, OutputEntry } from "../queue/messages.ts";
import type { OutputPart } from "../queue/output-reader.ts";
import { retryReasonText } from "../queue/retry-reason.ts";

type Target = Pick<RunInput, "ui" | "onEvent">;

/** Shows pieces of output as if the build ran here. */
export class ShownOutput {
  readonly #input: Target;
  /** A line that is said here as well. */
  #repeated: string | undefined;

  constructor(input: Target) {
    this.#input = input;
  }

  part({ entries, missing, refused }: OutputPart): void {
    const { ui } = this.#input;
    for (const error of refused) ui.warn(messageOf(error));
    if (missing > 0)
      ui.warn(`Output is missing here: the queue has lost ${missing === 1 ? "a piece" : `${missing} pieces`} of it`);
    for (const entry of entries) this.#entry(entry);
  }

  /** It has ended without the words for it. */
  endIsMissing(): void {
    this.#input.ui.warn("Output is missing here: the queue does not have the end of it");
  }

  #entry(entry: OutputEntry): void {
    const { ui, onEvent } = this.#input;
    if (entry.type === "begins")
      ui.say(`The worker ${entry.worker} on ${entry.host} has it${entry.attempt > 1 ? ", and begins it anew" : ""}`);
    else if (entry.type === "left-out") ui.warn(`${entry.lines} lines of output are left out: there were too many`);
    else if (entry.type === "attempt-failed") this.#failure(entry);
    else if (entry.type === "note") ui.warn(entry.text);
    else if (entry.type === "handed-back") ui.warn(`${entry.reason}; it waits for another`);
    else if (entry.type === "event" && entry.event.type !== "line") {
      const { build: _, ...event } = entry.event;
      if (event.type === "build-started") this.#repeated = `Run ${event.runId} begins`;
      onEvent?.(event);
    } else if (entry.type === "event" && entry.event.type === "line") {
      const { kind, text } = entry.event;
      if (text === this.#repeated) this.#repeated = undefined;
      else ui[kind](text);
    }
  }

  #failure({ attempt, most, code, message, next }: FailedAttempt): void {
    const { ui } = this.#input;
    ui.warn(`Attempt ${attempt} of ${most} failed: ${message} (${code})`);
    if (next === null) return;
    const pause = formatDuration(Math.ceil(next.afterMs / 1_000) * 1_000);
    ui.say(`Attempt ${attempt + 1} of ${most} begins in ${pause}, as ${retryReasonText[next.reason]}`);
  }
}
