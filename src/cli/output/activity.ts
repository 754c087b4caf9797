import type { BuildEvent, StepName } from "../../builder/events.ts";
import { inShort } from "../../terminal/elapsed.ts";

type EventOf<Type extends BuildEvent["type"]> = Extract<BuildEvent, { type: Type }>;

/** What one build is doing. */
export interface BuildActivity {
  readonly build: string;
  /** Which of its steps it is in, or was last; undefined before the first and after the last. */
  readonly position: { readonly number: number; readonly count: number } | undefined;
  /** `StepSnapshot`, or what is done between steps and after them. */
  readonly title: string;
  /** How long it has been at that. */
  readonly elapsedMs: number;
  /** What it waits for, or which provisioner runs; undefined when nothing is known. */
  readonly detail: Detail | undefined;
}

interface Detail {
  readonly text: string;
  /** How long that has been going on, where it is not the whole of `elapsedMs`. */
  readonly elapsedMs?: number;
  /** It says more than the title: where there is little room, the title may go. */
  readonly standsAlone?: true;
}

/** What every build is doing right now, as its events have told. */
export class Activity {
  readonly #builds = new Map<string, Course>();

  note(build: string, event: BuildEvent): void {
    const known = this.#builds.get(build);
    const course = known ?? new Course();
    if (known === undefined) this.#builds.set(build, course);
    course.note(event);
  }

  /** The build has ended, and its post-processors. */
  ended(build: string): void {
    this.#builds.delete(build);
  }

  /** Of each build that has begun and not ended. */
  at(now: number): readonly BuildActivity[] {
    return [...this.#builds].map(([build, course]) => ({ build, ...course.at(now) }));
  }
}

/** Where one build is. */
class Course {
  #title = "Beginning";
  #position: BuildActivity["position"];
  #since: number | undefined;
  #step: StepName | undefined;
  #provisioner: EventOf<"provisioner-started"> | undefined;
  #wait: EventOf<"progress"> | undefined;
  readonly #releases = new Map<string, number>();
  readonly #retries = new Map<string, EventOf<"retry">>();

  note(event: BuildEvent): void {
    switch (event.type) {
      case "build-started":
        this.#since = event.at;
        return;
      case "step-started":
        this.#step = event.step;
        this.#position = { number: event.number, count: event.count };
        this.#begin(event.step, event.at);
        return;
      case "step-ended":
        this.#endStep(event);
        return;
      case "provisioner-started":
        this.#wait = undefined;
        this.#provisioner = event;
        return;
      case "provisioner-ended":
        this.#provisioner = undefined;
        return;
      case "progress":
        this.#wait = event;
        return;
      case "wait-ended":
        this.#wait = undefined;
        return;
      case "retry":
        this.#retries.set(event.action, event);
        return;
      case "retry-ended":
        this.#retries.delete(event.action);
        return;
      case "release-started":
        this.#releases.set(event.release, event.at);
        return;
      case "release-ended":
        this.#releases.delete(event.release);
        return;
      case "build-ended":
        this.#position = undefined;
        this.#begin(event.outcome === "done" ? "Post-processors" : "Ending", event.at);
        return;
    }
  }

  at(now: number): Omit<BuildActivity, "build"> {
    const since = (at: number) => Math.max(0, now - at);
    const time = { elapsedMs: since(this.#since ?? now), position: this.#position };
    const retry = [...this.#retries.values()].map(describeRetry).at(-1);
    const [release] = [...this.#releases].slice(-1);
    // Between two steps, what is put back is all that happens.
    if (this.#step === undefined && release !== undefined) {
      const [title, at] = release;
      return { ...time, title, elapsedMs: since(at), detail: retry };
    }
    const detail = retry ?? this.#describe(since) ?? (release && { text: release[0], elapsedMs: since(release[1]) });
    return { ...time, title: this.#title, detail };
  }

  #begin(title: string, at: number): void {
    this.#title = title;
    this.#since = at;
    this.#wait = undefined;
    this.#provisioner = undefined;
  }

  /** A step may be inside another one; what comes after it is not known until it is announced. */
  #endStep({ step, outcome, at }: EventOf<"step-ended">): void {
    this.#step = undefined;
    this.#begin(outcome === "done" ? `After ${step}` : "Cleaning up", at);
  }

  #describe(since: (at: number) => number): Detail | undefined {
    if (this.#wait !== undefined) return describeWait(this.#wait);
    const running = this.#provisioner;
    return running && { text: describeProvisioner(running), elapsedMs: since(running.at), standsAlone: true };
  }
}

function describeRetry({ action, attempt, attempts, reason }: EventOf<"retry">): Detail {
  return { text: `${action}: retrying ${attempt} of ${attempts}: ${reason}` };
}

function describeProvisioner({ number, count, provisioner, timeoutMs }: EventOf<"provisioner-started">): string {
  return `provisioner ${number} of ${count}, ${provisioner}${deadline(timeoutMs)}`;
}

function describeWait({ subject, state, percent, timeoutMs, detail }: EventOf<"progress">): Detail {
  const done = percent === undefined ? "" : ` ${Math.round(percent)} %`;
  return { text: `${subject} ${state}${done}${deadline(timeoutMs)}${detail === undefined ? "" : `: ${detail}`}` };
}

function deadline(timeoutMs: number | undefined): string {
  return timeoutMs === undefined ? "" : ` (at most ${inShort(timeoutMs)})`;
}
