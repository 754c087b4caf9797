import { randomUUID } from "node:crypto";
import { setMaxListeners } from "node:events";
import { resolve } from "node:path";
import type { Isolation } from "../chroot/sandbox.ts";
import { type Clock, systemClock } from "../common/clock.ts";
import { AuthError, messageOf, UsageError } from "../common/errors.ts";
import { type DebugLog, noLog } from "../common/log.ts";
import { version } from "../common/version.ts";
import type { BuildConfig } from "../config/build-config.ts";
import { type HclShapes, hclShapes } from "../config/hcl-shape.ts";
import { type PreparedConfig, prepareConfig } from "../config/prepare-config.ts";
import { rawConfigOf } from "../config/raw-config-of.ts";
import type { FlatConfig } from "../config/schema.ts";
import type { RawConfig } from "../definition/raw-value.ts";
import { checkPrograms } from "../host/required-programs.ts";
import { hostRunner } from "../host/run-command.ts";
import type { Feature } from "../host/system-programs.ts";
import type { Access } from "../outscale/access.ts";
import { createApi } from "../outscale/client.ts";
import { resolveAccess, resolveRegion } from "../outscale/credentials.ts";
import { unlimited } from "../outscale/rate-limiter.ts";
import { createWaiters } from "../outscale/waiters.ts";
import { OmiArtifact } from "./artifact.ts";
import { startBuild } from "./build.ts";
import { CurrentStep } from "./current-step.ts";
import { destroyProduct } from "./destroy-product.ts";
import type { EventSink } from "./events.ts";
import type { Hook } from "./hook.ts";
import type { ImageInspector } from "./image-inspector.ts";
import type { JsonObject, RunHeader } from "./journal/entry.ts";
import { Journal } from "./journal/journal.ts";
import type { JournalCopy } from "./journal/journal-copy.ts";
import { journalFolder, newRunId } from "./journal/run-id.ts";
import type { HeldRun } from "./journal/runs.ts";
import { KeptVolume } from "./kept-volume.ts";
import type { ProductInputs } from "./product-inputs.ts";
import { proveDeletions } from "./prove-deletions.ts";
import { accessToPlace } from "./region-copy/place-access.ts";
import { RegionClouds } from "./region-copy/region-clouds.ts";
import { resolveTargets } from "./resolve-targets.ts";
import { type BuildResult, runRecipe } from "./run-recipe.ts";
import type { Session } from "./session.ts";
import { StepCounter } from "./step-counter.ts";
import { checkAuth } from "./steps/check-auth.ts";
import { tellCalls } from "./tell-calls.ts";
import { tellClockSkew } from "./tell-clock-skew.ts";
import { tellRetry } from "./tell-retry.ts";
import { tellWaits } from "./tell-waits.ts";
import type { Ui } from "./ui.ts";
import { outcomeOf, unwrapFailure } from "./unwrap-failure.ts";
import { WaitHistoryFile } from "./wait-history-file.ts";

export interface BuilderOptions {
  /** Credentials and engine settings are read from here; `process.env` when absent. */
  readonly env?: NodeJS.ProcessEnv;
  /** `isolation` when the configuration does not say; `private` when absent. */
  readonly defaultIsolation?: Isolation;
  /** The template file, for `{{template_dir}}`. */
  readonly templatePath?: string;
  /** Somebody else runs the provisioners, and does not tell what they are: Packer. */
  readonly hidesProvisioners?: boolean;
  /** The time of `{{timestamp}}` and `{{isotime}}`; the start of this process when absent. */
  readonly now?: Date;
  readonly clock?: Clock;
  readonly log?: DebugLog;
  /** The state folder of an embedded cloud, which `cleanup` then starts again to reach what a dead run left. */
  readonly localCloud?: string;
}

export interface RunInput {
  readonly ui: Ui;
  readonly hook: Hook;
  /** Stops the build at the next safe point; it then cleans up. */
  readonly signal?: AbortSignal;
  /** Shortens the clean-up: the user asked a second time. */
  readonly hurry?: AbortSignal;
  readonly onEvent?: EventSink;
  /** Looks at the image when it is mounted, and when it is provisioned. */
  readonly inspector?: ImageInspector | undefined;
  /** For `skip_unchanged`: all that decides what the product is, besides the recipe and the source. */
  readonly inputs?: ProductInputs | undefined;
  /**
   * What whoever runs the build needs to go on with it if it fails or dies. It stands in the journal, and comes back as
   * `record.origin` of the run that is resumed; nothing in it may be secret.
   */
  readonly origin?: JsonObject | undefined;
  /** A dead run to go on with, in place of a new one. The builder has charge of it from here on. */
  readonly resumed?: HeldRun | undefined;
  /**
   * Asked right before the OMI is registered, and before one of the same name is deregistered: whether this build still may.
   * What it throws ends the build, and everything is taken back.
   */
  readonly mayPublish?: (() => Promise<void>) | undefined;
  /** Told of an artifact that stands although the build fails: its OMI is published, and lacks a copy. */
  readonly onStanding?: ((artifact: OmiArtifact) => void) | undefined;
  /** Nothing is made in the account before the copy has its intent. */
  readonly journalCopy?: JournalCopy | undefined;
}

const never = new AbortController().signal;

/**
 * The engine, as every door drives it: options in, one artifact out.
 *
 * ```ts
 * const builder = new Builder();
 * builder.prepare({ source_omi: "ami-1a2b3c4d", omi_name: "web" });
 * const artifact = await builder.run({ ui, hook });
 * ```
 */
export class Builder {
  readonly #options: BuilderOptions;
  #prepared: PreparedConfig | undefined;

  constructor(options: BuilderOptions = {}) {
    this.#options = options;
  }

  /** Every option with its HCL type, attributes and blocks: what a host needs to decode a template for this builder. */
  configSpec(): HclShapes {
    return hclShapes;
  }

  /**
   * Checks the options, at once; nothing else is touched, neither network nor machine.
   * @param configs Later ones win, option by option; one that is undefined is as if it were not there
   * @throws {ConfigError} with every problem at once
   */
  prepare(...configs: readonly FlatConfig[]): PreparedConfig {
    return this.prepareRaw(...configs.map(rawConfigOf));
  }

  /** The same for options that no compiler has seen: those of a template, or of Packer. */
  prepareRaw(...raws: readonly RawConfig[]): PreparedConfig {
    const { env = process.env, defaultIsolation, templatePath, now, hidesProvisioners = false } = this.#options;
    this.#prepared = prepareConfig(raws, {
      env,
      hidesProvisioners,
      resolveRegion: (access) => resolveRegion(access, env),
      ...(defaultIsolation && { defaultIsolation }),
      ...(templatePath && { templatePath }),
      ...(now && { now }),
    });
    return this.#prepared;
  }

  /**
   * Builds the OMI.
   * @returns the artifact, or undefined when no OMI was to be made (`skip_create_omi`)
   * @throws {ChrootError} after everything was taken down; what could not be is named in a {@link LeftoverError}
   */
  async run(input: RunInput): Promise<OmiArtifact | undefined> {
    using resumed = input.resumed;
    if (this.#prepared === undefined)
      throw new UsageError("The builder was not prepared", { hint: "Call prepare() first" });
    const { config, renderContext } = this.#prepared;
    if (process.geteuid?.() !== 0)
      throw new UsageError("A build needs root: it mounts disks", { hint: "Run it with sudo" });
    await checkPrograms(featuresOf(config));
    const { env = process.env, clock = systemClock, log = noLog } = this.#options;
    const emit: EventSink = input.onEvent ?? (() => undefined);
    const currentStep = new CurrentStep();
    const { access, notices } = await resolveAccess({ template: config, env });
    for (const notice of notices) input.ui.warn(notice);
    const targets = await resolveTargets(config, env);
    const everyAccess = [access, ...targets];
    const { localCloud } = this.#options;
    await using api = createApi({
      access,
      clock,
      log: tellCalls(log, clock, emit),
      env,
      ...tellRetry({ ui: input.ui, emit, clock }),
      onClockSkew: tellClockSkew(input.ui),
      ...(localCloud !== undefined && { limiter: unlimited }),
    });
    await using regions = new RegionClouds({
      accessTo: async (place) => (place.region === access.region ? access : accessToPlace(place, env)),
      ...{ stateFolder: config.stateFolder, polling: config.polling, timeouts: config.timeouts },
      ...{ ui: input.ui, clock, log: tellCalls(log, clock, emit), env, emit },
      onEnd: tellWaits({ clock, emit, currentStep }),
    });
    const { signal = never, hurry = never } = input;
    // Every wait and release of every build of a program listens to them: no number of listeners is a mistake.
    setMaxListeners(0, signal, hurry);
    const session: Session = {
      runId: resumed?.record.header.runId ?? newRunId(),
      runUuid: env.PACKER_RUN_UUID || randomUUID(),
      config,
      renderContext,
      credentials: everyAccess.map(({ secretKey }) => secretKey),
      accessKeys: everyAccess.flatMap(({ accessKey, secretKey }) => [accessKey, secretKey]),
      targets,
      api,
      regions,
      region: access.region,
      localCloud: localCloud === undefined ? undefined : resolve(localCloud),
      ui: input.ui,
      emit,
      log,
      clock,
      signal,
      hurry,
      host: hostRunner(log),
      hook: input.hook,
      inspector: input.inspector,
      inputs: input.inputs,
      mayPublish: input.mayPublish,
      currentStep,
      stepCounter: new StepCounter({
        ...config,
        isInspected: input.inspector !== undefined,
        isResumed: resumed !== undefined,
      }),
      keptVolume: new KeptVolume({
        onError: config.packerOnError,
        isResumed: resumed !== undefined,
        canResume: input.origin !== undefined,
      }),
      resumed: resumed?.record,
    };
    return await this.#runSession(session, access, input); // the connection must live until it is done
  }

  async #runSession(session: Session, access: Access, input: RunInput): Promise<OmiArtifact | undefined> {
    const { runId, clock, emit, region } = session;
    const startedAt = clock.now();
    emit({ type: "build-started", runId, at: startedAt });
    const end = (outcome: "done" | "failed" | "cancelled", artifactId?: string) => {
      const at = clock.now();
      emit({ type: "build-ended", runId, at, elapsedMs: at - startedAt, outcome, artifactId });
    };
    try {
      const { product, data, failure } = await this.#buildWithJournal(session, access, input);
      const destroy = async () => product && destroyProduct([access, ...session.targets], product, this.#options);
      const artifact = product && new OmiArtifact({ region, product, data, destroy });
      if (failure !== undefined) {
        if (artifact !== undefined) input.onStanding?.(artifact);
        throw failure;
      }
      end("done", artifact?.id);
      return artifact;
    } catch (thrown) {
      const { error, releaseErrors } = unwrapFailure(thrown);
      for (const release of releaseErrors) session.ui.error(`Also: ${messageOf(release)}`);
      end(outcomeOf(error));
      throw error;
    }
  }

  async #buildWithJournal(session: Session, access: Access, input: RunInput): Promise<BuildResult> {
    const accountId = await checkAuth(session);
    if (session.resumed) assertSameAccount(session.resumed.header, { accountId, region: session.region });
    const { api, clock, log, region, config, emit, currentStep } = session;
    emit({ type: "account", accountId, region, endpoint: access.endpoint });
    const waits = await WaitHistoryFile.open({ stateFolder: config.stateFolder, accountId, region, log });
    const { polling, timeouts } = config;
    const onEnd = tellWaits({ clock, emit, currentStep });
    const waiters = createWaiters({ api, clock, log, polling, timeouts, history: waits.history, onEnd });
    const journal = await this.#openJournal(session, access, { ...input, accountId });
    const over = new AbortController();
    const { deviceFolder, stateFolder } = config;
    const proofs = proveDeletions(
      { ...session, accountId, waiters, deviceFolder, signal: over.signal },
      { stateFolder, endpoint: access.endpoint },
    );
    let outcome = "failed";
    try {
      const result = await runRecipe(startBuild(session, { accountId, journal, waiters }));
      outcome = result.failure === undefined ? "done" : outcomeOf(unwrapFailure(result.failure).error);
      return result;
    } catch (error) {
      outcome = outcomeOf(unwrapFailure(error).error);
      throw error;
    } finally {
      over.abort();
      await proofs;
      const isKept = journal.hasOpenResources;
      journal.close(outcome);
      await waits.save();
      if (isKept && !session.keptVolume.isTold)
        session.ui.warn(`Something is left behind: run "outscale-chroot cleanup ${session.runId}"`);
    }
  }

  async #openJournal(
    { runId, config, log, region, clock, ui, emit }: Session,
    access: Access,
    {
      accountId,
      origin,
      resumed,
      journalCopy,
    }: Pick<RunInput, "origin" | "resumed" | "journalCopy"> & { readonly accountId: string },
  ): Promise<Journal> {
    const onTrouble = (message: string) => {
      ui.warn(message);
      emit({ type: "warning", message });
    };
    const options = { log, onTrouble, forbidden: [access.secretKey], copy: journalCopy };
    const { localCloud } = this.#options;
    const header = {
      runId,
      buildName: config.packerBuildName ?? "outscale-chroot",
      startedAt: new Date(clock.now()).toISOString(),
      version,
      pid: process.pid,
      endpoint: access.endpoint,
      region,
      accountId,
      profile: access.profile ?? null,
      deviceFolder: resolve(config.deviceFolder),
      localCloud: localCloud === undefined ? null : resolve(localCloud),
    };
    const journal = resumed
      ? Journal.resume(resumed, options)
      : await Journal.create(journalFolder(config.stateFolder), header, options);
    try {
      if (origin !== undefined) journal.origin(origin);
      return journal;
    } catch (error) {
      journal.close("failed");
      throw error;
    }
  }
}

/** @throws {AuthError} when a run cannot be gone on with from here: its volume is in another account or region */
function assertSameAccount(header: RunHeader, now: Pick<RunHeader, "accountId" | "region">): void {
  const { runId, accountId, region, profile } = header;
  if (accountId === now.accountId && region === now.region) return;
  const message = `The run ${runId} is of the account ${accountId} in ${region}, and not of ${now.accountId} in ${now.region}`;
  const hint = `Give the run's own credentials${profile === null ? "" : ` (the profile "${profile}")`} and region`;
  throw new AuthError(message, { hint });
}

/** The programs that this build will call, to be asked for before anything is created. */
function featuresOf(config: BuildConfig): readonly Feature[] {
  return ["build", "partitions", "ext4", ...(config.bootTest ? (["boot-test"] as const) : [])];
}
