import type { Ui } from "../builder/ui.ts";
import { type Clock, systemClock } from "../common/clock.ts";
import { ChrootError, ExitCode, messageOf, throwIfCancelled } from "../common/errors.ts";
import type { PostProcessorDefinition } from "../definition/build-definition.ts";
import { renderOnce } from "../go-template/render.ts";
import type { CommandRunner } from "../host/run-command.ts";
import { describePlace } from "../provisioners/describe-place.ts";
import { renderContextOf } from "../provisioners/late-values.ts";
import type { BuildIdentity, Render } from "../provisioners/provisioner.ts";
import type { Artifact } from "./artifact.ts";
import { findPostProcessorType } from "./registry.ts";

export interface PostProcessInput extends BuildIdentity {
  /** `PACKER_RUN_UUID`: one per run of the program, the same for all its builds. */
  readonly runUuid: string;
  /** `-force`: the manifest of an earlier run is replaced, not extended. */
  readonly force: boolean;
  readonly ui: Ui;
  /** The lines of one post-processor, which Packer shows under `name (type)`; `ui` when absent. */
  readonly uiOf?: (type: string) => Ui;
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
  /** False when no post-processor asked for the artifact to be kept, and it is gone. */
  readonly isArtifactKept: boolean;

  constructor(failures: readonly unknown[], options: { readonly isArtifactKept: boolean }) {
    super(failures.map(messageOf).join("; "), { cause: failures[0] });
    this.failures = failures;
    this.isArtifactKept = options.isArtifactKept;
  }
}

/**
 * Hands the artifact to each chain of post-processors. A failure ends its chain, not the others.
 *
 * Every post-processor here passes its input on as it is, so an artifact is kept as soon as the first one of any chain
 * has succeeded. When all have failed it is destroyed, as Packer does, unless `keep_input_artifact` asks to keep it.
 *
 * @throws {PostProcessError} when any failed, after every chain has had its turn
 * @throws {CancelledError} The artifact is kept
 */
export async function runPostProcessors(
  chains: readonly (readonly PostProcessorDefinition[])[],
  artifact: Artifact,
  input: PostProcessInput,
): Promise<void> {
  const failures: unknown[] = [];
  let isKept = chains.length === 0;
  for (const chain of chains) {
    const failed = await runChain(chain, artifact, input);
    if (failed) failures.push(failed.error);
    if (failed?.index !== 0 || chain[0]?.keepInputArtifact) isKept = true;
  }
  if (!isKept) {
    input.ui.say(`Destroying ${artifact.id}, as no post-processor has kept it...`);
    await artifact.destroy().catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw new PostProcessError(failures, { isArtifactKept: isKept });
}

/** Runs a chain up to its first failure. */
async function runChain(
  chain: readonly PostProcessorDefinition[],
  artifact: Artifact,
  input: PostProcessInput,
): Promise<{ readonly index: number; readonly error: unknown } | undefined> {
  for (const [index, definition] of chain.entries()) {
    throwIfCancelled(input.signal);
    try {
      await runOne(definition, artifact, input);
    } catch (error) {
      throwIfCancelled(input.signal);
      if (!(error instanceof ChrootError)) throw error;
      const place = describePlace("post-processor", definition);
      input.ui.error(`The ${place} failed: ${messageOf(error)}`);
      return { index, error };
    }
  }
  return undefined;
}

async function runOne(definition: PostProcessorDefinition, artifact: Artifact, input: PostProcessInput): Promise<void> {
  const { name, type } = definition;
  input.ui.say(`Running post-processor: ${name === type ? type : `${name} (type ${type})`}`);
  const data = generatedData(artifact);
  const context = renderContextOf(input, data);
  const render: Render = (text, late) => renderOnce(text, { ...context, data: { ...data, ...late } });
  const prepared = findPostProcessorType(type).prepare(definition.evaluate(data), context);
  const clock = input.clock ?? systemClock;
  await prepared.run(artifact, { ...input, ui: input.uiOf?.(type) ?? input.ui, build: input, data, clock, render });
}

/** The build's `build.*`, which an artifact carries under Packer's name for it. */
function generatedData(artifact: Artifact): Readonly<Record<string, string>> {
  const state = artifact.state("generated_data");
  if (state === null || typeof state !== "object") return {};
  return Object.fromEntries(Object.entries(state).map(([name, value]) => [name, String(value)]));
}
