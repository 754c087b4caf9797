import type { RunInput } from "../builder/builder.ts";
import type { BuildEvent } from "../builder/events.ts";
import type { JsonObject } from "../builder/journal/entry.ts";
import type { HeldRun } from "../builder/journal/runs.ts";
import { type Phase, phaseOf } from "../builder/phase.ts";
import { outcomeOf, unwrapFailure } from "../builder/unwrap-failure.ts";
import type { Clock } from "../common/clock.ts";
import { messageOf, throwIfCancelled } from "../common/errors.ts";
import type { DebugLog } from "../common/log.ts";
import { engineSettings, temporaryFolder } from "../config/engine-settings.ts";
import type { ProvenanceStatement } from "../evidence/provenance/statement.ts";
import { inputsKey } from "../history/inputs-key.ts";
import { keepRecord } from "../history/keep-record.ts";
import type { RunRecord } from "../history/run-record.ts";
import { heldFolders } from "../host/held-folder.ts";
import { hostRunner } from "../host/run-command.ts";
import { PostProcessError, type PostProcessResult, runPostProcessors } from "../post-processors/run-post-processors.ts";
import { templateHook } from "../provisioners/hook.ts";
import { EvidenceCollector, type EvidenceWishes, type ImageEvidence } from "./image-evidence.ts";
import type { PreparedBuild } from "./prepare-builds.ts";
import { BuildInputs } from "./provenance/build-inputs.ts";
import type { TemplateInputs } from "./provenance/make-statement.ts";
import { type HistoryInput, imageRecord, recordedReport, recorderOf } from "./record-build.ts";
import { type BuildResult, type Report, uiOf } from "./report.ts";
import { readInputs } from "./unchanged/read-inputs.ts";

export interface RunBuildsInput {
  readonly report: Report;
  /** Stops the builds at the next safe point; they then clean up. */
  readonly signal: AbortSignal;
  /** Shortens the clean-up. */
  readonly hurry: AbortSignal;
  readonly clock: Clock;
  readonly log: DebugLog;
  /** How many builds run at a time; 0 means all. */
  readonly parallel: number;
  readonly debug: boolean;
  readonly force: boolean;
  /** One per run of the program: `PACKER_RUN_UUID`. */
  readonly runUuid: string;
  /** Undefined when runs leave no records. */
  readonly history?: HistoryInput | undefined;
  /** Undefined when nobody wants to know how the OMIs came to be. */
  readonly provenance?: TemplateInputs | undefined;
  /** The builds as they are in every run, by their names: for those that may be skipped. */
  readonly comparable?: ReadonlyMap<string, PreparedBuild> | undefined;
  /** Undefined when nobody wants to know what is in the images. */
  readonly evidence?: EvidenceWishes | undefined;
  /** What the journal of a build's run needs to hold for `resume`, by the build's name. */
  readonly originOf?: ((build: string) => JsonObject) | undefined;
  /** The dead run that the only build goes on with. */
  readonly resumed?: HeldRun | undefined;
  readonly mayPublish?: RunInput["mayPublish"];
  /** Of the only build, where another machine may have to take down what it has made. */
  readonly journalCopy?: RunInput["journalCopy"];
  /** Where post-processors have their files; in the state folder when absent. */
  readonly temporaryFolder?: string | undefined;
}

/** A build that can run: without its options, if it is another machine that reads them and keeps the record. */
export type RunnableBuild = Omit<PreparedBuild, "prepared"> & Partial<Pick<PreparedBuild, "prepared">>;

/** A result with what only programs are told. */
export interface BakedBuild extends BuildResult {
  /** What `cleanup` and `shell` call it by; undefined when the build did not get that far. */
  readonly runId: string | undefined;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly warnings: readonly string[];
  /** What is in the image, if that was asked for and the build has got so far. */
  readonly evidence?: ImageEvidence | undefined;
  /** How its OMI came to be, if that was asked for and there is one. */
  readonly provenance?: ProvenanceStatement | undefined;
  /** What `runs show` tells of it; undefined for a build that was no run. */
  readonly record?: RunRecord | undefined;
  /** Undefined when a post-processor has made something else of it, and it was not kept. */
  readonly artifact: Awaited<ReturnType<PreparedBuild["builder"]["run"]>>;
}

/**
 * Runs the builds, several at a time, each to its end whatever becomes of the others.
 * @returns what became of each, in the order of the template
 */
export async function runBuilds(builds: readonly RunnableBuild[], input: RunBuildsInput): Promise<BakedBuild[]> {
  const startedAt = input.clock.now();
  const results = new Map<RunnableBuild, BakedBuild>();
  const waiting = [...builds];
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      results.set(next, await runBuild(next, input));
    }
  };
  const workers = input.parallel > 0 ? Math.min(input.parallel, builds.length) : builds.length;
  const ended = await Promise.allSettled(Array.from({ length: workers }, worker));
  // A bug in one keeps no other from its end: it would be left with all that it has made.
  for (const end of ended) if (end.status === "rejected") throw end.reason;
  const inOrder = builds.flatMap((build) => results.get(build) ?? []);
  input.report.finished(inOrder, input.clock.now() - startedAt);
  return inOrder;
}

/** Runs a build; where there is a history, somebody listens and writes down what became of it. */
async function runBuild(given: RunnableBuild, input: RunBuildsInput): Promise<BakedBuild> {
  const { history, clock, report, signal } = input;
  const { definition, prepared } = given;
  if (history === undefined || prepared === undefined) return runUnrecorded(given, input);
  const build = { ...given, definition, prepared };
  const recorder = recorderOf(build, history, clock);
  const ui = uiOf(report, definition.name);
  const orWarning = async <Found>(find: () => Promise<Found>): Promise<Found | undefined> => {
    try {
      return await find();
    } catch (error) {
      ui.warn(`No provenance is made, as its files cannot be told: ${messageOf(error)}`);
      return undefined;
    }
  };
  const { provenance } = input;
  const inputs = provenance && (await orWarning(() => BuildInputs.begin(provenance, build, signal)));
  const result = await runUnrecorded(build, { ...input, report: recordedReport(report, recorder) });
  const { stateFolder } = prepared.config;
  const made = result.artifact?.isReused ? undefined : result.artifact; // of another the run cannot say how it came to be
  const makeProvenance = inputs && made && (await orWarning(() => inputs.provenanceMaker(made, ui)));
  const { evidence } = result;
  const end = { ...result, image: evidence ? imageRecord(evidence) : null };
  const record = await keepRecord(recorder, end, { stateFolder, limits: history.limits, ui, clock, makeProvenance });
  return { ...result, record, provenance: record?.provenance ?? undefined };
}

async function runUnrecorded(build: RunnableBuild, input: RunBuildsInput): Promise<BakedBuild> {
  const { report, clock } = input;
  const name = build.definition.name;
  const startedAt = clock.now();
  const warned = build.prepared?.warnings ?? [];
  const seen = new Seen();
  const onEvent = (event: BuildEvent) => {
    seen.note(event);
    report.event(name, event);
    const verb = input.resumed === undefined ? "begins" : "continues";
    if (event.type === "build-started") uiOf(report, name).say(`Run ${event.runId} ${verb}`);
  };
  await using collector = input.evidence && new EvidenceCollector(input.evidence);
  let artifact: BakedBuild["artifact"];
  let made: BakedBuild["made"] = [];
  let error: unknown;
  const settle = (result: PostProcessResult) => {
    made = result.made;
    if (!result.isArtifactKept) artifact = undefined;
  };
  try {
    for (const warning of warned) uiOf(report, name).warn(warning);
    throwIfCancelled(input.signal);
    const onStanding = (standing: typeof artifact) => {
      artifact = standing;
    };
    artifact = await makeArtifact(build, input, { onEvent, onStanding, inspector: collector });
    if (artifact !== undefined) settle(await postProcess(build, artifact, input));
  } catch (thrown) {
    error = thrown;
    if (thrown instanceof PostProcessError) settle(thrown.result);
    input.log.write({ kind: "note", message: `${name}: ${messageOf(thrown)}` });
  }
  const elapsedMs = clock.now() - startedAt;
  const outcome: BakedBuild["outcome"] = error === undefined ? "done" : outcomeOf(unwrapFailure(error).error);
  const warnings = [...warned, ...seen.warnings];
  const times = { startedAt, elapsedMs, phases: seen.phases };
  const evidence = collector?.evidence;
  const result = { name, outcome, runId: seen.runId, ...times, artifact, made, error, warnings, evidence };
  report.ended(result);
  return result;
}

async function makeArtifact(
  { definition, identity, builder }: RunnableBuild,
  { report, signal, hurry, debug, clock, comparable, originOf, resumed, mayPublish, journalCopy }: RunBuildsInput,
  listeners: Pick<RunInput, "onEvent" | "onStanding" | "inspector">,
): Promise<BakedBuild["artifact"]> {
  const same = comparable?.get(definition.name);
  const inputs = same?.prepared.config.skipUnchanged && {
    inputs: await readInputs(same),
    readAgain: () => readInputs(same),
    key: inputsKey(same.prepared.config.stateFolder),
  };
  const { provisioners, errorCleanupProvisioner } = definition;
  return builder.run({
    ui: uiOf(report, definition.name),
    hook: templateHook({ provisioners, errorCleanupProvisioner, ...identity, debug, clock, ...listeners }),
    signal,
    hurry,
    ...(inputs && { inputs }),
    origin: originOf?.(definition.name),
    resumed,
    mayPublish,
    journalCopy,
    ...listeners,
  });
}

async function postProcess(
  { definition, identity }: RunnableBuild,
  artifact: NonNullable<BakedBuild["artifact"]>,
  { report, signal, clock, log, force, runUuid, temporaryFolder: folder }: RunBuildsInput,
): Promise<PostProcessResult> {
  return await runPostProcessors(definition.postProcessors, artifact, {
    ...identity,
    runUuid,
    force,
    ui: uiOf(report, definition.name),
    uiOf: (type) => uiOf(report, definition.name, type),
    local: hostRunner(log),
    makeTemporaryFolder: heldFolders(
      folder ?? temporaryFolder(engineSettings(identity.environment ?? process.env).stateFolder),
    ),
    signal,
    clock,
  });
}

/** What the events of a build have told so far. */
class Seen {
  runId: string | undefined;
  readonly phases: Phase[] = [];
  readonly warnings: string[] = [];

  note(event: BuildEvent): void {
    if (event.type === "build-started") this.runId = event.runId;
    if (event.type === "warning") this.warnings.push(event.message);
    const phase = phaseOf(event);
    if (phase !== undefined) this.phases.push(phase);
  }
}
