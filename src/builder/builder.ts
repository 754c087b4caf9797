import type { Isolation } from "../chroot/sandbox.ts";
import type { Clock } from "../common/clock.ts";
import { messageOf, UsageError } from "../common/errors.ts";
import type { DebugLog } from "../common/log.ts";
import type { BuildConfig } from "../config/build-config.ts";
import { type HclShapes, hclShapes } from "../config/hcl-shape.ts";
import { type PreparedConfig, prepareConfig } from "../config/prepare-config.ts";
import { rawConfigOf } from "../config/raw-config-of.ts";
import type { FlatConfig } from "../config/schema.ts";
import type { RawConfig } from "../definition/raw-value.ts";
import { checkPrograms } from "../host/required-programs.ts";
import type { Feature } from "../host/system-programs.ts";
import { resolveRegion } from "../outscale/credentials.ts";
import { OmiArtifact } from "./artifact.ts";
import { buildWithJournal } from "./build-with-journal.ts";
import { destroyProduct } from "./destroy-product.ts";
import type { EventSink } from "./events.ts";
import type { Hook } from "./hook.ts";
import type { ImageInspector } from "./image-inspector.ts";
import type { JsonObject } from "./journal/entry.ts";
import type { JournalCopy } from "./journal/journal-copy.ts";
import type { HeldRun } from "./journal/runs.ts";
import { type OpenSession, openSession } from "./open-session.ts";
import type { ProductInputs } from "./product-inputs.ts";
import type { Ui } from "./ui.ts";
import { outcomeOf, unwrapFailure } from "./unwrap-failure.ts";

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
    using _run = input.resumed;
    if (this.#prepared === undefined)
      throw new UsageError("The builder was not prepared", { hint: "Call prepare() first" });
    if (process.geteuid?.() !== 0)
      throw new UsageError("A build needs root: it mounts disks", { hint: "Run it with sudo" });
    await checkPrograms(featuresOf(this.#prepared.config));
    await using connected = await openSession(this.#prepared, this.#options, input);
    return await this.#runSession(connected, input); // they must be open until it is done
  }

  async #runSession({ session, access }: OpenSession, input: RunInput): Promise<OmiArtifact | undefined> {
    const { runId, clock, emit, region } = session;
    const startedAt = clock.now();
    emit({ type: "build-started", runId, at: startedAt });
    const end = (outcome: "done" | "failed" | "cancelled", artifactId?: string) => {
      const at = clock.now();
      emit({ type: "build-ended", runId, at, elapsedMs: at - startedAt, outcome, artifactId });
    };
    try {
      const { product, data, failure } = await buildWithJournal(session, access, input);
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
}

/** The programs that this build will call, to be asked for before anything is created. */
function featuresOf(config: BuildConfig): readonly Feature[] {
  return ["build", "partitions", "ext4", ...(config.bootTest ? (["boot-test"] as const) : [])];
}
