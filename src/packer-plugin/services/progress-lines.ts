import type { BuildEvent, EventSink } from "../../builder/events.ts";
import { type Phase, phaseOf } from "../../builder/phase.ts";
import type { Ui } from "../../builder/ui.ts";
import { inShort } from "../../terminal/elapsed.ts";
import { phaseTable } from "../../terminal/phase-table.ts";

type Progress = Extract<BuildEvent, { type: "progress" }>;

/** Shorter waits are not worth a line: milliseconds. */
const TELL_FROM_MS = 5_000;
/** A wait in which nothing changes is told again after so long: milliseconds. */
const TELL_AGAIN_MS = 30_000;
const TELL_EVERY_PERCENT = 10;

/**
 * Tells what the build's events say and its steps do not: how a long wait goes on, and at the end how long each step took.
 * Packer's screen has no line that moves, so a wait of some seconds becomes a line, another when its state changes, every 10 %, and every 30 s.
 */
export function progressLines(ui: Pick<Ui, "say" | "message">): EventSink {
  const phases: Phase[] = [];
  const told = new Map<string, Progress>();
  return (event) => {
    const phase = phaseOf(event);
    if (phase !== undefined) phases.push(phase);
    if (event.type === "progress" && isNews(event, told.get(event.subject))) {
      ui.message(progressLine(event));
      told.set(event.subject, event);
    }
    if (event.type === "build-ended" && phases.length > 0) {
      ui.say("Time per step:");
      ui.message(phaseTable(phases, event.elapsedMs));
    }
  };
}

function isNews(now: Progress, before: Progress | undefined): boolean {
  if (now.elapsedMs < TELL_FROM_MS) return false;
  if (before === undefined || now.state !== before.state) return true;
  if ((now.percent ?? 0) - (before.percent ?? 0) >= TELL_EVERY_PERCENT) return true;
  return now.elapsedMs - before.elapsedMs >= TELL_AGAIN_MS;
}

/** `snapshot snap-1a2b3c4d: pending, 40 %, 1m05s` */
function progressLine({ subject, state, percent, elapsedMs }: Progress): string {
  const share = percent === undefined ? [] : [`${Math.round(percent)} %`];
  return `${subject}: ${[state, ...share, inShort(elapsedMs)].join(", ")}`;
}
