import type { Ui } from "../builder/ui.ts";
import { type Clock, systemClock } from "../common/clock.ts";
import { ChrootError, ExitCode, messageOf, throwIfCancelled } from "../common/errors.ts";
import type { PostProcessorDefinition } from "../definition/build-definition.ts";
import { renderOnce } from "../go-template/render.ts";
import type { CommandRunner } from "../host/run-command.ts";
import type { MakeTemporaryFolder } from "../host/temporary-folder.ts";
import { describePlace } from "../provisioners/describe-place.ts";
import { lateContextOf } from "../provisioners/late-values.ts";
import type { BuildIdentity, Render } from "../provisioners/provisioner.ts";
import type { Artifact } from "./artifact.ts";
import { holds } from "./holds.ts";
import type { PostProcessed } from "./post-processor.ts";
import { findPostProcessorType } from "./registry.ts";

export interface PostProcessInput extends BuildIdentity {
  /** `PACKER_RUN_UUID`: one per run of the program, the same for all its builds. */
  readonly runUuid: string;
  /** `-force`: the manifest of an earlier run is replaced, not extended. */
  readonly force: boolean;
  readonly ui: Ui;
  /** The lines of one post-processor, which Packer shows under `name (type)`; `ui` when absent. */
  readonly uiOf?: (type: string) => Ui;
  readonly makeTemporaryFolder: MakeTemporaryFolder;
  /** The host itself: the build's sandbox is gone. */
  readonly local: CommandRunner;
  readonly signal: AbortSignal;
  readonly clock?: Clock;
}

/** Post-processors failed; the message has each failure. */
export class PostProcessError extends ChrootError {
  override readonly code = "E_POST_PROCESS";
  override readonly exitCode = ExitCode.Provision;
  readonly failures: readonly unknown[];
  /** What is there all the same; the artifact is gone when no post-processor asked for it to be kept. */
  readonly result: PostProcessResult;

  constructor(failures: readonly unknown[], result: PostProcessResult) {
    super(failures.map(messageOf).join("; "), { cause: failures[0] });
    this.failures = failures;
    this.result = result;
  }
}

/** What became of an artifact that had post-processors. */
export interface PostProcessResult {
  /** False when a post-processor has made something else of it, and nobody wanted it kept: it is destroyed. */
  readonly isArtifactKept: boolean;
  /** What post-processors have made of it, each with its files. */
  readonly made: readonly Artifact[];
}

/**
 * Hands the artifact to each chain of post-processors. A failure ends its chain, not the others.
 *
 * The artifact is kept when it was handed on as it is, or when who made something else of it keeps its input: that is for
 * `keep_input_artifact` to say, or else for the post-processor. When all chains have failed at their first it is destroyed,
 * as Packer does, unless `keep_input_artifact` asks to keep it.
 *
 * @throws {PostProcessError} when any failed, after every chain has had its turn
 * @throws {CancelledError} The artifact is kept
 */
export async function runPostProcessors(
  chains: readonly (readonly PostProcessorDefinition[])[],
  artifact: Artifact,
  input: PostProcessInput,
): Promise<PostProcessResult> {
  const failures: unknown[] = [];
  const made: Artifact[] = [];
  let isKept = chains.length === 0 || artifact.isReused === true;
  const data = generatedData(artifact);
  for (const chain of chains) {
    const run = new ChainRun(artifact, data, input);
    await run.run(chain);
    failures.push(...run.failures);
    made.push(...run.made);
    isKept ||= run.keepsOriginal;
  }
  if (!isKept) {
    input.ui.say(`Destroying ${artifact.id}, as no post-processor has kept it...`);
    await artifact.destroy().catch((error: unknown) => {
      failures.push(error);
      isKept = true;
    });
  }
  const result = { isArtifactKept: isKept, made };
  if (failures.length > 0) throw new PostProcessError(failures, result);
  return result;
}

/** One chain of post-processors, up to its first failure. */
class ChainRun {
  readonly failures: unknown[] = [];
  /** What was made and kept, the last artifact of the chain included. */
  made: Artifact[] = [];
  keepsOriginal = false;
  readonly #original: Artifact;
  readonly #data: Readonly<Record<string, string>>;
  readonly #input: PostProcessInput;

  constructor(original: Artifact, data: Readonly<Record<string, string>>, input: PostProcessInput) {
    this.#original = original;
    this.#data = data;
    this.#input = input;
  }

  async run(chain: readonly PostProcessorDefinition[]): Promise<void> {
    const { ui, signal } = this.#input;
    let current = this.#original;
    for (const definition of chain) {
      throwIfCancelled(signal);
      try {
        const processed = await this.#runOne(definition, current);
        current = await this.#goOn(definition, current, processed);
      } catch (error) {
        throwIfCancelled(signal);
        if (!(error instanceof ChrootError)) throw error;
        ui.error(`The ${describePlace("post-processor", definition)} failed: ${messageOf(error)}`);
        this.failures.push(error);
        if (definition === chain[0] && definition.keepInputArtifact) this.keepsOriginal = true;
        break;
      }
    }
    if (current !== this.#original) this.made.push(current);
  }

  /** Keeps or destroys what a post-processor was given. @returns what the next one is given */
  async #goOn(
    { keepInputArtifact }: PostProcessorDefinition,
    given: Artifact,
    processed: PostProcessed | undefined,
  ): Promise<Artifact> {
    const isOriginal = given === this.#original;
    if (processed === undefined) {
      if (isOriginal) this.keepsOriginal = true;
      return given;
    }
    const isKept = processed.mustKeepInput || (keepInputArtifact ?? processed.keepsInput);
    // The build's artifact is for other chains, too: it goes at the very end.
    if (isOriginal) this.keepsOriginal = isKept;
    else if (isKept) this.made.push(given);
    else await this.#destroy(given, processed.artifact);
    return processed.artifact;
  }

  async #destroy(given: Artifact, next: Artifact): Promise<void> {
    const { ui } = this.#input;
    const staying = given.files.filter((file) => next.files.some((made) => holds(file, made)));
    for (const file of staying) {
      if (!next.files.includes(file)) ui.warn(`"${file}" stays, as what was made of it lies in it`);
    }
    const going = given.files.filter((file) => !staying.includes(file));
    if (going.length > 0) ui.say(`Deleting ${going.join(", ")}, of which ${next.files.join(", ")} was made...`);
    await given.destroy(next.files).catch((error: unknown) => this.failures.push(error));
    // Checksums stand beside the files that they are of, which were an artifact of their own before.
    this.made = this.made.filter(({ files }) => !files.every((file) => given.files.includes(file)));
  }

  async #runOne(definition: PostProcessorDefinition, artifact: Artifact): Promise<PostProcessed | undefined> {
    const { name, type } = definition;
    const [input, data] = [this.#input, this.#data];
    input.ui.say(`Running post-processor: ${name === type ? type : `${name} (type ${type})`}`);
    const context = lateContextOf(input, data);
    const render: Render = (text, late) => renderOnce(text, { ...context, data: { ...data, ...late } });
    const prepared = findPostProcessorType(type).prepare(definition.evaluate(data), context);
    const clock = input.clock ?? systemClock;
    const ui = input.uiOf?.(type) ?? input.ui;
    return prepared.run(artifact, { ...input, ui, build: input, data, clock, render });
  }
}

/** The build's `build.*`, which an artifact carries under Packer's name for it. */
function generatedData(artifact: Artifact): Readonly<Record<string, string>> {
  const state = artifact.state("generated_data");
  if (state === null || typeof state !== "object") return {};
  return Object.fromEntries(Object.entries(state).map(([name, value]) => [name, String(value)]));
}
