import type { Ui } from "../builder/ui.ts";
import type { Clock } from "../common/clock.ts";
import type { ConfigProblem } from "../common/errors.ts";
import type { CommandRunner } from "../host/run-command.ts";
import type { BuildIdentity } from "../provisioners/provisioner.ts";
import type { PostProcessorDefinition } from "../template/definition.ts";
import type { Artifact } from "./artifact.ts";

export interface PostProcessInput extends BuildIdentity {
  /** `PACKER_RUN_UUID`: one per run of the program, the same for all its builds. */
  readonly runUuid: string;
  /** `-force`: the manifest of an earlier run is replaced, not extended. */
  readonly force: boolean;
  readonly ui: Ui;
  /** The host itself: the build's sandbox is gone. */
  readonly local: CommandRunner;
  readonly signal: AbortSignal;
  readonly clock?: Clock;
}

/**
 * Hands the artifact to each chain of post-processors. An input artifact is destroyed when no post-processor keeps it.
 *
 * @returns The artifacts that are left, the build's own first
 * @throws {AggregateError} what failed, after every chain has had its turn; its `artifacts` are what is left
 */
export declare function runPostProcessors(
  chains: readonly (readonly PostProcessorDefinition[])[],
  artifact: Artifact,
  input: PostProcessInput,
): Promise<readonly Artifact[]>;

/** Checks every post-processor before anything is created; the problems name their places. */
export declare function checkPostProcessors(
  chains: readonly (readonly PostProcessorDefinition[])[],
  identity: BuildIdentity,
): readonly ConfigProblem[];
