import { randomUUID } from "node:crypto";
import type { BuilderOptions } from "../builder/builder.ts";
import type { JournalCopy } from "../builder/journal/journal-copy.ts";
import type { HeldRun } from "../builder/journal/runs.ts";
import { type Clock, systemClock } from "../common/clock.ts";
import { type DebugLog, noLog } from "../common/log.ts";
import type { BuildDefinition, Template } from "../definition/build-definition.ts";
import { historyLimits } from "../history/history-limits.ts";
import { type FileDigest, templateRecord } from "../history/keep-record.ts";
import { maskEnvironment } from "../outscale/mask-environment.ts";
import { relocateFiles } from "../provisioners/local-files.ts";
import { refuseIdleMaxAge } from "./idle-max-age.ts";
import type { EvidenceWishes } from "./image-evidence.ts";
import { loadBuilds } from "./load-builds.ts";
import { defaultCloudFolder, type LocalSession, openLocalSession } from "./local-session.ts";
import { type BuildSettings, prepareBuilds } from "./prepare-builds.ts";
import { type InputPath, inputPath } from "./provenance/input-files.ts";
import type { TemplateInputs } from "./provenance/make-statement.ts";
import { dataReader } from "./read-data-source.ts";
import type { HistoryInput } from "./record-build.ts";
import type { Report } from "./report.ts";
import { type BakedBuild, runBuilds } from "./run-builds.ts";
import { originOf } from "./run-origin.ts";
import type { TemplateInput } from "./template-input.ts";
import { comparableBuilds, readOnce } from "./unchanged/comparable-builds.ts";

/** A template to bake, and how. */
export interface OpenBakeInput extends TemplateInput, BuildSettings {
  /** Bakes on the embedded local cloud, at its usual place or in another folder: no account, no network. */
  readonly local?: true | { readonly stateFolder: string } | undefined;
  /** How many builds run at a time; all by default. */
  readonly parallel?: number | undefined;
  /** API calls, commands and journal entries. */
  readonly log?: DebugLog | undefined;
  readonly clock?: Clock | undefined;
  /** Whether each run leaves a record in the state folder; true by default. */
  readonly history?: boolean | undefined;
  /** Told of every call of the API that is tried again before a build begins; the builds tell of theirs. */
  readonly onRetry?: ((message: string) => void) | undefined;
  /** Whether each result says how its OMI came to be; false by default, which costs nothing. */
  readonly provenance?: boolean | undefined;
  /** Runs no post-processors: somebody else does, elsewhere. */
  readonly skipPostProcessors?: boolean | undefined;
  /** Asked before an OMI is registered, and before another is replaced by it; what it throws undoes the build. */
  readonly mayPublish?: (() => Promise<void>) | undefined;
  /** A copy of the journal of the only build. */
  readonly journalCopy?: JournalCopy | undefined;
  /** What to find out about each image; nothing by default, which costs nothing. */
  readonly evidence?: EvidenceWishes | undefined;
}

/** What the builds of one call are told by, and stopped by. */
export interface BakeControl {
  readonly report: Report;
  readonly signal: AbortSignal;
  readonly hurry: AbortSignal;
}

/** A template whose builds are checked and can begin. Nothing has been created for them yet. */
export interface OpenBake extends AsyncDisposable {
  /** The names of the builds, in their order. */
  readonly names: readonly string[];
  /** The files that the template was read from. */
  readonly templateFiles: readonly string[];
  /** SHA-256 of each, as they were when they were read: they may be others, or gone, when the builds have ended. */
  readonly templateDigests: readonly FileDigest[];
  readonly warnings: readonly string[];
  /** Runs every build to its end. Never throws for what becomes of one: that is in its result. */
  run(control: BakeControl): Promise<readonly BakedBuild[]>;
}

/**
 * Does everything that can be refused before anything is created: reads the template with its data sources, and checks
 * every build. With `local` the cloud runs until this is disposed of.
 * @param resumed A dead run that the one build of the template goes on with
 * @throws {TemplateError | ConfigError} with every problem
 * @throws {UsageError} when no build is left, the local cloud cannot be had, or the limits of the history are none
 */
export async function openBake(input: OpenBakeInput, resumed?: HeldRun): Promise<OpenBake> {
  const { log = noLog, clock = systemClock, env: outerEnv = process.env } = input;
  maskEnvironment(outerEnv);
  const local = await openLocal(input, outerEnv, log);
  try {
    const runUuid = outerEnv.PACKER_RUN_UUID || randomUUID();
    const env = { ...(local?.env ?? outerEnv), PACKER_RUN_UUID: runUuid };
    const override = local?.options ?? {};
    const readData = readOnce(dataReader({ env, log, override, onRetry: input.onRetry }));
    const reads = new Map<string, InputPath>();
    const template = await loadBuilds({ ...input, env }, readData, {
      onRead: (path, given) => reads.set(path, { ...inputPath("read by the template", given), path }),
    });
    const record = templateRecord(input.template, template.files);
    const builder = {
      env,
      log,
      clock,
      templatePath: input.template,
      ...(local && { localCloud: local.stateFolder }),
      ...(input.origin && { now: input.origin.now }),
    };
    const settings = { ...input, builder, override };
    const own = (definitions: readonly BuildDefinition[]) => ownParts(definitions, builder, input);
    const builds = prepareBuilds(own(template.builds), settings);
    // One of several is what others have left to this process: they have looked at all.
    if (input.onlyBuild === undefined) refuseIdleMaxAge(builds, input);
    const maySkip = builds.some(({ prepared }) => prepared.config.skipUnchanged);
    const comparable = maySkip ? await comparableBuilds({ ...input, env }, { ...settings, readData, own }) : undefined;
    const { parallel = 0, debug = false, force = false, evidence, mayPublish, journalCopy } = input;
    const history = historyOf(input, record, env);
    const provenance = input.provenance ? provenanceOf(input, template, reads) : undefined;
    const sensitiveVariables = new Set(template.variables.sensitive);
    const originOfBuild = (build: string) => originOf(input, { build, sensitiveVariables });
    return {
      names: builds.map(({ definition }) => definition.name),
      templateFiles: template.files,
      templateDigests: record.files,
      warnings: template.warnings,
      run: (control) =>
        runBuilds(builds, {
          ...{ ...control, clock, log, parallel, debug, force, runUuid },
          ...{ history, evidence, provenance, comparable, mayPublish, journalCopy },
          // What was sent from elsewhere is gone when its build has ended.
          originOf: input.origin ? undefined : originOfBuild,
          resumed,
        }),
      [Symbol.asyncDispose]: async () => local?.[Symbol.asyncDispose](),
    };
  } catch (error) {
    await local?.[Symbol.asyncDispose]();
    throw error;
  }
}

/** What of the builds is done here, with its files where they lie here. */
function ownParts(
  builds: readonly BuildDefinition[],
  { env, templatePath }: Pick<BuilderOptions, "env" | "templatePath">,
  { origin, skipPostProcessors = false }: OpenBakeInput,
): readonly BuildDefinition[] {
  return builds.map((build) => {
    const { sourceName: buildName, type: buildType, userVariables } = build;
    const identity = { buildName, buildType, templatePath, userVariables, environment: env, now: origin?.now };
    const own = origin ? relocateFiles(build, identity, origin.locateFile) : build;
    return skipPostProcessors ? { ...own, postProcessors: [] } : own;
  });
}

function historyOf(
  { history = true }: OpenBakeInput,
  template: HistoryInput["template"],
  env: NodeJS.ProcessEnv,
): HistoryInput {
  const limits = historyLimits(env);
  return { limits: history ? limits : { ...limits, runs: 0 }, template };
}

function provenanceOf(
  { template: path, variableFiles = [], only, except, onlyBuild, force, bootTest }: OpenBakeInput,
  { files, variableFiles: ownVariableFiles, variables }: Template,
  reads: ReadonlyMap<string, InputPath>,
): TemplateInputs {
  const known = [
    ...files.map((file) => inputPath("template", file)),
    ...[...ownVariableFiles, ...variableFiles].map((file) => inputPath("variables", file)),
  ];
  const settings = {
    ...(onlyBuild !== undefined ? { only: [onlyBuild] } : only?.length && { only }),
    ...(except?.length && { except }),
    ...(force && { force }),
    ...(bootTest && { bootTest }),
  };
  return { path, variables, files: () => [...known, ...reads.values()], settings };
}

async function openLocal(
  { local }: OpenBakeInput,
  env: NodeJS.ProcessEnv,
  log: DebugLog,
): Promise<LocalSession | undefined> {
  if (local === undefined) return undefined;
  return openLocalSession(env, local === true ? defaultCloudFolder(env) : local.stateFolder, log);
}
