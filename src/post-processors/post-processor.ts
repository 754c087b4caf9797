import type { Ui } from "../builder/ui.ts";
import type { Clock } from "../common/clock.ts";
import type { AttributeTypes } from "../definition/attribute-type.ts";
import type { RawConfig } from "../definition/raw-value.ts";
import type { RenderContext } from "../go-template/context.ts";
import type { CommandRunner } from "../host/run-command.ts";
import type { BuildIdentity, Render } from "../provisioners/provisioner.ts";
import type { Artifact } from "./artifact.ts";

/** What a post-processor runs with, besides its own options. */
export interface PostProcessorInput {
  readonly build: BuildIdentity;
  /** What the build generated: `build.*`. */
  readonly data: Readonly<Record<string, string>>;
  /** `PACKER_RUN_UUID`: one per run of the program, the same for all its builds. */
  readonly runUuid: string;
  /** `-force` */
  readonly force: boolean;
  readonly ui: Ui;
  readonly local: CommandRunner;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly render: Render;
}

/** A post-processor whose options have been read and checked. */
export interface PreparedPostProcessor {
  /** Looks at the artifact, which goes on to the next post-processor of the chain as it is. */
  run(artifact: Artifact, input: PostProcessorInput): Promise<void>;
}

/** One type of post-processor. */
export interface PostProcessorType {
  readonly type: string;
  /** The types of its options in an HCL template. */
  readonly hclTypes: AttributeTypes;
  /** @throws {ConfigError} with every problem; its option is the bare name, such as `output` */
  prepare(raw: RawConfig, context: RenderContext): PreparedPostProcessor;
}
