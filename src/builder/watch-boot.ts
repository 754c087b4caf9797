import type { Acceleration } from "../boot/acceleration.ts";
import { formatDuration } from "../common/duration.ts";
import type { Build } from "./build.ts";

/** A console may show hundreds of lines a second, and nobody reads so fast. */
const TELL_EVERY_MS = 500;

interface Watched {
  readonly timeoutMs: number;
  /** What is waited for: `until its console shows "login:"`. */
  readonly until: string;
}

/** Tells what is waited for, and shows the console's last line and the deadline while it lasts. */
export function watchBoot(build: Build, { timeoutMs, until }: Watched) {
  const { clock, currentStep } = build;
  let startedAt = clock.now();
  let toldAt = Number.NEGATIVE_INFINITY;
  const tell = (acceleration: Acceleration, detail?: string) => {
    const now = clock.now();
    const state = `under ${acceleration.toUpperCase()}`;
    const base = { type: "progress", step: currentStep.name, subject: "boot", state, percent: undefined } as const;
    const time = { elapsedMs: now - startedAt, timeoutMs };
    build.emit({ ...base, ...time, ...(detail === undefined ? {} : { detail }) });
    toldAt = now;
  };
  return {
    onStart: (acceleration: Acceleration) => {
      startedAt = clock.now();
      build.ui.message(`Under ${acceleration.toUpperCase()}, ${until}, for at most ${formatDuration(timeoutMs)}`);
      tell(acceleration);
    },
    onLine: (line: string, acceleration: Acceleration) => {
      build.log.write({ kind: "note", message: `console (${acceleration}): ${line}` });
      if (line.trim() !== "" && clock.now() - toldAt >= TELL_EVERY_MS) tell(acceleration, line.trim());
    },
  };
}
