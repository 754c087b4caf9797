import type { OmiArtifact } from "../../builder/artifact.ts";
import { Builder, type RunInput } from "../../builder/builder.ts";
import { generatedDataNames } from "../../builder/generated-data.ts";
import { CancelledError, ConfigError, UsageError } from "../../common/errors.ts";
import type { DebugLog } from "../../common/log.ts";
import { secrets } from "../../common/secrets.ts";
import { withoutUnknown } from "../../config/known-problems.ts";
import type { PreparedConfig } from "../../config/prepare-config.ts";
import { historyLimits } from "../../history/history-limits.ts";
import type { StreamBroker } from "../broker.ts";
import { type Configuration, readConfiguration } from "../configuration.ts";
import { failureText } from "../failure-text.ts";
import { RpcClient } from "../rpc/client.ts";
import { countOf } from "../rpc/fields.ts";
import { methodsOf, type RpcMethod, serveRpc } from "../rpc/server.ts";
import { artifactMethods } from "./artifact-methods.ts";
import { CoreHook } from "./core-hook.ts";
import { CoreUi } from "./core-ui.ts";
import { PackerRecord } from "./packer-record.ts";
import { progressLines } from "./progress-lines.ts";

/** The engine, as this service drives it; tests give their own. */
export interface Engine {
  prepareRaw(...raws: Configuration["raws"]): PreparedConfig;
  run(input: RunInput): Promise<OmiArtifact | undefined>;
}

export interface BuilderServiceOptions {
  readonly broker: StreamBroker;
  readonly env: NodeJS.ProcessEnv;
  readonly log: DebugLog;
  /** The encoded options, in the encoding that this core reads. */
  readonly configSpec: () => Promise<Uint8Array>;
  /** Called before a preparation, or a whole run, is answered: a Packer that has its answer may kill us. */
  readonly onWorked?: ((isWhole: boolean) => void) | undefined;
  readonly openEngine?: (options: { readonly templatePath?: string }) => Engine;
}

/** The `Builder` that Packer finds at point 0. One process serves one build. */
export class BuilderService {
  readonly #options: BuilderServiceOptions;
  readonly #stop = new AbortController();
  readonly #hurry = new AbortController();
  #engine: Engine | undefined;
  /** Begins to record: the time of a run is not that of its preparation. */
  #openRecord: (() => PackerRecord) | undefined;
  #running: Promise<unknown> | undefined;

  constructor(options: BuilderServiceOptions) {
    this.#options = options;
  }

  methods(): Readonly<Record<string, RpcMethod>> {
    return {
      ConfigSpec: async () => ({ ConfigSpec: await this.#options.configSpec() }),
      Prepare: (argument) => {
        const answer = this.#prepare(argument);
        this.#options.onWorked?.(false);
        return answer;
      },
      Run: async (argument) => {
        const point = await this.#begin(countOf(argument));
        this.#options.onWorked?.(true);
        return point;
      },
      Cancel: () => this.stop("Packer has cancelled the build"),
    };
  }

  /** The first time, stops the build at its next safe point; the second time, hurries its clean-up. */
  stop(reason: string): void {
    if (!this.#stop.signal.aborted) this.#stop.abort(new CancelledError(reason));
    else this.hurry(reason);
  }

  hurry(reason: string): void {
    if (!this.#hurry.signal.aborted) this.#hurry.abort(new CancelledError(reason));
  }

  /** Stops the build if there is one, and resolves when nothing of it is left. */
  async abandon(reason: string): Promise<void> {
    if (!this.#stop.signal.aborted) this.#stop.abort(new CancelledError(reason));
    await this.#running;
  }

  /** Problems are a part of the answer; only what is no configuration at all is an error of the call. */
  #prepare(argument: unknown) {
    const configuration = readConfiguration(argument);
    const answer = { GeneratedVars: [...generatedDataNames], Warnings: null, Error: null };
    try {
      const { warnings } = this.#prepareEngine(configuration);
      return { ...answer, Warnings: warnings.length > 0 ? warnings.map((text) => secrets.mask(text)) : null };
    } catch (error) {
      // When a template is only validated, its data sources have not been read.
      const relevant = error instanceof ConfigError ? withoutUnknown(error, configuration.unknown) : error;
      return relevant === undefined ? answer : { ...answer, Error: { Message: secrets.mask(failureText(relevant)) } };
    }
  }

  #prepareEngine({ raws }: Configuration): PreparedConfig {
    const path = raws.map((raw) => raw.packer_template_path).find((value) => typeof value === "string");
    const { env, log } = this.#options;
    const open =
      this.#options.openEngine ??
      ((own) => new Builder({ env, log, defaultIsolation: "host" as const, hidesProvisioners: true, ...own }));
    const engine = open(path === undefined ? {} : { templatePath: path });
    const prepared = engine.prepareRaw(...raws);
    this.#engine = engine;
    const limits = historyLimits(env);
    this.#openRecord = () => new PackerRecord(prepared, { templatePath: path, limits });
    return prepared;
  }

  /** What is refused is not what {@link abandon} waits for: the build that runs is. */
  #begin(point: number): Promise<number> {
    if (this.#engine === undefined) throw new UsageError("Packer runs a build that it has not prepared");
    if (this.#running) throw new UsageError("Packer runs a build that is running already");
    const run = this.#run(this.#engine, point);
    this.#running = run.catch(() => undefined);
    return run;
  }

  async #run(engine: Engine, point: number): Promise<number> {
    const { broker, log } = this.#options;
    const core = new RpcClient(await broker.dial(point));
    const ui = new CoreUi(core);
    const record = this.#openRecord?.();
    const onProgress = progressLines(ui);
    const onFailure = (error: unknown) => log.write({ kind: "note", message: failureText(error) });
    try {
      const run = engine.run({
        ui: record?.listenTo(ui) ?? ui,
        hook: new CoreHook({ core, broker, ui, onFailure }),
        signal: this.#stop.signal,
        hurry: this.#hurry.signal,
        onEvent: (event) => {
          record?.note(event);
          onProgress(event);
        },
      });
      await record?.keep(run, ui);
      const artifact = await run;
      return artifact === undefined ? 0 : this.#serveArtifact(artifact, onFailure);
    } finally {
      await ui.flush();
      core.close();
    }
  }

  #serveArtifact(artifact: OmiArtifact, onFailure: (error: unknown) => void): number {
    const find = methodsOf({ Artifact: artifactMethods(artifact) });
    return this.#options.broker.serve((stream) => serveRpc(stream, find).catch(onFailure)).point;
  }
}
