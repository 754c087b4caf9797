import type { BuildEvent } from "../builder/events.ts";
import type { Clock } from "../common/clock.ts";
import { secrets } from "../common/secrets.ts";
import { version } from "../common/version.ts";
import { BoundedList } from "./bounded-list.ts";
import { RECORD_FORMAT, type RecordedCall, type RecordedPhase, type RunRecord } from "./run-record.ts";

const MOST_LINES = 1_000;
const MOST_CALLS = 1_000;
const MOST_RESOURCES = 1_000;
const MOST_PHASES = 1_000;
/** In characters; a line may be a whole file that somebody printed. */
const LONGEST_LINE = 2_000;

const LONGEST_OUTPUT = 16_000;

/** What is known of a build before it begins. */
export interface RecordedBuild {
  readonly build: string;
  readonly template: RunRecord["template"];
  /** Options in which nothing is left that is sensitive. */
  readonly configuration: RunRecord["configuration"];
}

/** How a build ended. */
export interface RecordedEnd {
  readonly outcome: RunRecord["outcome"];
  readonly warnings: readonly string[];
  readonly product: RunRecord["product"];
  readonly error: RunRecord["error"];
  readonly bootFailure?: RunRecord["bootFailure"];
  readonly image: RunRecord["image"];
}

type EventOf<Type extends BuildEvent["type"]> = Extract<BuildEvent, { readonly type: Type }>;

/** Listens to one build, in bounded memory, and makes its record. */
export class RunRecorder {
  readonly #known: RecordedBuild;
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #phases = new BoundedList<RecordedPhase>(MOST_PHASES);
  readonly #calls = new BoundedList<RecordedCall>(MOST_CALLS);
  readonly #resources = new BoundedList<RunRecord["resources"][number]>(MOST_RESOURCES);
  readonly #lines = new BoundedList<RunRecord["lines"][number]>(MOST_LINES);
  #runId: string | undefined;
  #account: RunRecord["account"] = null;
  #source: RunRecord["source"] = null;
  #inputs: RunRecord["inputs"] = null;
  #bootTest: RunRecord["bootTest"] = null;
  #imageCheck: RunRecord["imageCheck"] = null;
  #generalised: RunRecord["generalised"] = null;

  constructor(known: RecordedBuild, clock: Clock) {
    this.#known = known;
    this.#clock = clock;
    this.#startedAt = clock.now();
  }

  note(event: BuildEvent): void {
    switch (event.type) {
      case "build-started":
        this.#runId = event.runId;
        break;
      case "account":
        this.#account = { accountId: event.accountId, region: event.region, endpoint: event.endpoint };
        break;
      case "source":
        this.#noteSource(event);
        break;
      case "inputs":
        this.#inputs = { digest: event.digest, list: [...event.inputs] };
        break;
      case "step-ended":
        this.#phase(event, { kind: "step", name: event.step, step: null });
        break;
      case "provisioner-ended":
        this.#phase(event, { kind: "provisioner", name: event.provisioner, step: "StepChrootProvision" });
        break;
      case "wait-ended":
        this.#phase(event, {
          kind: "wait",
          name: `${event.subject} to ${event.goal}`,
          step: event.step ?? null,
          ...(event.lateMs !== undefined && { lateMs: event.lateMs }),
        });
        break;
      case "api-call":
        this.#noteCall(event);
        break;
      case "resource":
        this.#resources.add({ kind: event.kind, id: event.id, change: event.change, atMs: this.#nowMs() });
        break;
      case "image-checked":
        this.#noteImageCheck(event);
        break;
      case "generalised":
        this.#generalised = [...event.changes];
        break;
      case "boot-tested":
        this.#noteBootTest(event);
    }
  }

  line(kind: RunRecord["lines"][number]["kind"], text: string, part?: string): void {
    const shown = secrets.mask(text); // before it is cut: half a secret is one, too
    const cut = shown.length > LONGEST_LINE ? `${shown.slice(0, LONGEST_LINE)}...` : shown;
    this.#lines.add({ atMs: this.#nowMs(), kind, part: part ?? null, text: cut });
  }

  /** @returns undefined for a build that was stopped before it was a run */
  end({ outcome, warnings, product, error, bootFailure = null, image }: RecordedEnd): RunRecord | undefined {
    if (this.#runId === undefined) return undefined;
    return {
      formatVersion: RECORD_FORMAT,
      program: `outscale-chroot ${version}`,
      runId: this.#runId,
      build: this.#known.build,
      startedAt: new Date(this.#startedAt).toISOString(),
      elapsedMs: this.#nowMs(),
      outcome,
      template: this.#known.template,
      configuration: this.#known.configuration,
      account: this.#account,
      source: this.#source,
      product,
      inputs: this.#inputs,
      phases: this.#phases.items(),
      apiCalls: this.#calls.items(),
      resources: this.#resources.items(),
      bootTest: this.#bootTest,
      bootFailure,
      image,
      imageCheck: this.#imageCheck,
      generalised: this.#generalised,
      provenance: null,
      warnings: [...warnings],
      error,
      earlier: [],
      lines: this.#lines.items(),
      leftOut: {
        lines: this.#lines.leftOut,
        apiCalls: this.#calls.leftOut,
        resources: this.#resources.leftOut,
      },
    };
  }

  #nowMs(): number {
    return this.#clock.now() - this.#startedAt;
  }

  #phase(
    { at, elapsedMs, outcome }: EventOf<"step-ended" | "provisioner-ended" | "wait-ended">,
    name: Pick<RecordedPhase, "kind" | "name" | "step" | "lateMs">,
  ): void {
    this.#phases.add({ ...name, startMs: at - elapsedMs - this.#startedAt, elapsedMs, outcome });
  }

  #noteSource({ imageId, imageName, accountId, createdAt, snapshotId }: EventOf<"source">): void {
    this.#source = { imageId, imageName, accountId, createdAt, snapshotId };
  }

  #noteImageCheck({ at, elapsedMs, level, findings, allowed, notes }: EventOf<"image-checked">): void {
    const found = findings.map(({ rule, path, detail }) => ({ rule, path, ...(detail !== undefined && { detail }) }));
    const startMs = at - elapsedMs - this.#startedAt;
    this.#imageCheck = { startMs, elapsedMs, level, findings: found, allowed, notes: [...notes] };
  }

  #noteBootTest({ at, elapsedMs, acceleration, ...rest }: EventOf<"boot-tested">): void {
    const commands = rest.commands.map((each) => ({ ...each, output: lastOf(each.output) }));
    const failedUnits = rest.failedUnits.map((each) => ({ ...each, status: lastOf(each.status) }));
    const startMs = at - elapsedMs - this.#startedAt;
    this.#bootTest = { startMs, elapsedMs, acceleration, console: [...rest.console], commands, failedUnits };
  }

  /** A wait reads the same again and again: that is one row, not a thousand. */
  #noteCall({ action, at, elapsedMs, status, requestId, errorCode }: EventOf<"api-call">): void {
    const call: RecordedCall = {
      action,
      startMs: at - elapsedMs - this.#startedAt,
      elapsedMs,
      count: 1,
      status: status ?? null,
      requestId: requestId ?? null,
      errorCode: errorCode ?? null,
    };
    const { last } = this.#calls;
    const isSame = last?.action === action && last.status === call.status && last.errorCode === call.errorCode;
    if (last === undefined || !isSame || !action.startsWith("Read")) {
      this.#calls.add(call);
      return;
    }
    const { startMs, count } = last;
    this.#calls.replaceLast({ ...call, startMs, count: count + 1, elapsedMs: last.elapsedMs + elapsedMs });
  }
}

/** A command may print as much as it likes, and a record is read whole whenever runs are listed. */
function lastOf(text: string): string {
  const shown = secrets.mask(text); // before it is cut: half a secret is one, too
  return shown.length > LONGEST_OUTPUT ? `...${shown.slice(-LONGEST_OUTPUT)}` : shown;
}
