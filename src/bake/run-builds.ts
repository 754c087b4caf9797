import type { BuildEvent } from "../builder/events.ts";
import type { Clock } from "../common/clock.ts";
import { messageOf, throwIfCancelled } from "../common/errors.ts";
import type { DebugLog } from "../common/log.ts";
import { hostRunner } from "../host/run-command.ts";
import { PostProcessError, runPostProcessors } from "../post-processors/run-post-processors.ts";
import { templateHook } from "../provisioners/hook.ts";
import { type Phase, phaseOf } from "../terminal/phases.ts";
import type { StopWishes } from "../terminal/signals.ts";
import type { PreparedBuild } from "./prepare-builds.ts";
import { type BuildResult, type Report, uiOf } from "./report.ts";

export interface RunBuildsInput {
  readonly report: Report;
  readonly wishes: StopWishes;
  readonly clock: Clock;
  readonly log: DebugLog;
  /** How many builds run at a time; 0 means all. */
  readonly parallel: number;
  readonly debug: boolean;
  readonly force: boolean;
  /** One per run of the program: `PACKER_RUN_UUID`. */
  readonly runUuid: string;
}

/** A result with what only programs are told. */
export interface FullResult extends BuildResult {
  readonly runId: string | undefined;
  readonly startedAt: number;
  readonly warnings: readonly string[];
  readonly artifact: Awaited<ReturnType<PreparedBuild["builder"]["run"]>>;
}

/**
 * Runs the builds, several at a time, each to its end whatever becomes of the others.
 * @returns what became of each, in the order of the template
 */
export async function runBuilds(builds: readonly PreparedBuild[], input: RunBuildsInput): Promise<FullResult[]> {
  const startedAt = input.clock.now();
  const results = new Map<PreparedBuild, FullResult>();
  const waiting = [...builds];
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      results.set(next, await runBuild(next, input));
    }
  };
  const workers = input.parallel > 0 ? Math.min(input.parallel, builds.length) : builds.length;
  await Promise.all(Array.from({ length: workers }, worker));
  const inOrder = builds.flatMap((build) => results.get(build) ?? []);
  input.report.finished(inOrder, input.clock.now() - startedAt);
  return inOrder;
}

async function runBuild(build: PreparedBuild, input: RunBuildsInput): Promise<FullResult> {
  const { report, clock } = input;
  const name = build.definition.name;
  const startedAt = clock.now();
  const seen = new Seen();
  const onEvent = (event: BuildEvent) => {
    seen.note(event);
    report.event(name, event);
    if (event.type === "build-started") uiOf(report, name).say(`Run ${event.runId} begins`);
  };
  let artifact: FullResult["artifact"];
  let error: unknown;
  try {
    for (const warning of build.prepared.warnings) uiOf(report, name).warn(warning);
    throwIfCancelled(input.wishes.signal);
    artifact = await bake(build, input, onEvent);
    if (artifact !== undefined) await postProcess(build, artifact, input);
  } catch (thrown) {
    error = thrown;
    if (thrown instanceof PostProcessError && !thrown.isArtifactKept) artifact = undefined;
    input.log.write({ kind: "note", message: `${name}: ${messageOf(thrown)}` });
  }
  const elapsedMs = clock.now() - startedAt;
  const result = { build: name, startedAt, elapsedMs, artifact, error, ...seen.facts };
  report.ended(result);
  return result;
}

function bake(
  { definition, identity, builder }: PreparedBuild,
  { report, wishes, debug, clock }: RunBuildsInput,
  onEvent: (event: BuildEvent) => void,
): Promise<FullResult["artifact"]> {
  const { provisioners, errorCleanupProvisioner } = definition;
  return builder.run({
    ui: uiOf(report, definition.name),
    hook: templateHook({ provisioners, errorCleanupProvisioner, ...identity, debug, clock }),
    signal: wishes.signal,
    hurry: wishes.hurry,
    onEvent,
  });
}

async function postProcess(
  { definition, identity }: PreparedBuild,
  artifact: NonNullable<FullResult["artifact"]>,
  { report, wishes, clock, log, force, runUuid }: RunBuildsInput,
): Promise<void> {
  await runPostProcessors(definition.postProcessors, artifact, {
    ...identity,
    runUuid,
    force,
    ui: uiOf(report, definition.name),
    uiOf: (type) => uiOf(report, definition.name, type),
    local: hostRunner(log),
    signal: wishes.signal,
    clock,
  });
}

/** What the events of a build have told so far. */
class Seen {
  #runId: string | undefined;
  readonly #phases: Phase[] = [];
  readonly #warnings: string[] = [];

  note(event: BuildEvent): void {
    if (event.type === "build-started") this.#runId = event.runId;
    if (event.type === "warning") this.#warnings.push(event.message);
    const phase = phaseOf(event);
    if (phase !== undefined) this.#phases.push(phase);
  }

  get facts() {
    return { runId: this.#runId, phases: this.#phases, warnings: this.#warnings };
  }
}
