import type { BuildEvent, StepName } from "../../builder/events.ts";
import { secrets } from "../../common/secrets.ts";
import { inShort } from "../../terminal/elapsed.ts";

interface BuildActivity {
  readonly step: StepName;
  readonly startedAt: number;
  readonly wait: string;
}

/** What takes less is over before it is read. */
const LONG_MS = 1_000;

/** What every build is doing right now, as one line. */
export class Activity {
  readonly #builds = new Map<string, BuildActivity>();

  note(build: string, event: BuildEvent): void {
    const current = this.#builds.get(build);
    if (event.type === "step-started") this.#builds.set(build, { step: event.step, startedAt: event.at, wait: "" });
    if (event.type === "progress" && current) this.#builds.set(build, { ...current, wait: describeWait(event) });
    // A step may be inside another one; what comes after it is not known until it is announced.
    if (event.type === "step-ended" && current?.step === event.step) this.#builds.delete(build);
    if (event.type === "build-ended") this.#builds.delete(build);
  }

  /** `debian: StepSnapshot 1m05s, snapshot snap-1a2b3c4d pending 45 %`; several builds side by side. */
  describe(now: number): string {
    const long = [...this.#builds].filter(([, { startedAt }]) => now - startedAt >= LONG_MS);
    const parts = long.map(([build, { step, startedAt, wait }]) => {
      return `${build}: ${step} ${inShort(now - startedAt)}${wait && `, ${wait}`}`;
    });
    return parts.join(" | ");
  }
}

function describeWait(event: Extract<BuildEvent, { type: "progress" }>): string {
  const percent = event.percent === undefined ? "" : ` ${Math.round(event.percent)} %`;
  // Before the line is cut to the terminal's width, or half a secret would not be recognised.
  const detail = event.detail === undefined ? "" : `: ${secrets.mask(event.detail)}`;
  return `${event.subject} ${event.state}${percent}${detail}`;
}
