import type { Ui } from "../builder/ui.ts";
import type { Clock } from "../common/clock.ts";
import type { AttributeTypes } from "../definition/attribute-type.ts";
import type { RawConfig } from "../definition/raw-value.ts";
import type { RenderContext } from "../go-template/context.ts";
import type { CommandRunner } from "../host/run-command.ts";
import type { MakeTemporaryFolder } from "../host/temporary-folder.ts";
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
  /** For files that must not outlive the run, however it ends. */
  readonly makeTemporaryFolder: MakeTemporaryFolder;
}

/** What a post-processor has made of an artifact. */
export interface PostProcessed {
  readonly artifact: Artifact;
  /** Whether what it was made of stays when the template does not say: `keep_input_artifact`. */
  readonly keepsInput: boolean;
  /** It stays whatever the template says: the new artifact is made of the same files. */
  readonly mustKeepInput?: boolean;
}

/** A post-processor whose options have been read and checked. */
export interface PreparedPostProcessor {
  /** @returns what goes on to the next of the chain; undefined when that is the artifact as it is */
  run(artifact: Artifact, input: PostProcessorInput): Promise<PostProcessed | undefined>;
}

/** One type of post-processor. */
export interface PostProcessorType {
  readonly type: string;
  /** The types of its options in an HCL template. */
  readonly hclTypes: AttributeTypes;
  /** What it has to do with files on this machine, of which an OMI has none; absent when it does without. */
  readonly files?: "makes" | "needs";
  /** @throws {ConfigError} with every problem; its option is the bare name, such as `output` */
  prepare(raw: RawConfig, context: RenderContext): PreparedPostProcessor;
}
