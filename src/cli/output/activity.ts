import type { BuildEvent, StepName } from "../../builder/events.ts";
import { secrets } from "../../common/secrets.ts";
import { inShort } from "../../terminal/elapsed.ts";

interface BuildActivity {
  readonly step: StepName;
  readonly startedAt: number;
  /** What the step waits for, or which of its provisioners runs. */
  readonly detail?: (now: number) => string;
}

/** What takes less is over before it is read. */
const LONG_MS = 1_000;

/** What every build is doing right now. */
export class Activity {
  readonly #builds = new Map<string, BuildActivity>();

  note(build: string, event: BuildEvent): void {
    const current = this.#builds.get(build);
    const detail = detailOf(event);
    if (event.type === "step-started") this.#builds.set(build, { step: event.step, startedAt: event.at });
    if (current && detail) this.#builds.set(build, { ...current, detail });
    // A step may be inside another one; what comes after it is not known until it is announced.
    if (event.type === "step-ended" && current?.step === event.step) this.#builds.delete(build);
    if (event.type === "build-ended") this.#builds.delete(build);
  }

  /** Of each build that has been at something for a while: `StepSnapshot 1m05s, snapshot snap-1a2b3c4d pending 45 %`. */
  lines(now: number): readonly (readonly [build: string, text: string])[] {
    const long = [...this.#builds].filter(([, { startedAt }]) => now - startedAt >= LONG_MS);
    return long.map(([build, { step, startedAt, detail }]) => {
      const more = detail?.(now) ?? "";
      return [build, `${step} ${inShort(now - startedAt)}${more && `, ${more}`}`] as const;
    });
  }

  /** The same as one line: `debian: StepSnapshot 1m05s`; several builds side by side. */
  describe(now: number): string {
    return this.lines(now)
      .map(([build, text]) => `${build}: ${text}`)
      .join(" | ");
  }
}

/** What an event tells of the step that it is in. */
function detailOf(event: BuildEvent): BuildActivity["detail"] {
  if (event.type === "progress") return () => describeWait(event);
  if (event.type === "provisioner-ended") return () => "";
  if (event.type !== "provisioner-started") return undefined;
  const { number, count, provisioner, at } = event;
  return (now) => `provisioner ${number} of ${count}: ${provisioner} ${inShort(now - at)}`;
}

function describeWait(event: Extract<BuildEvent, { type: "progress" }>): string {
  const percent = event.percent === undefined ? "" : ` ${Math.round(event.percent)} %`;
  const deadline = event.timeoutMs === undefined ? "" : ` (for at most ${inShort(event.timeoutMs)})`;
  // Before the line is cut to the terminal's width, or half a secret would not be recognised.
  const detail = event.detail === undefined ? "" : `: ${secrets.mask(event.detail)}`;
  return `${event.subject} ${event.state}${percent}${deadline}${detail}`;
}
