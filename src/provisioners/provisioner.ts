import type { ProvisionInput } from "../builder/hook.ts";
import type { Clock } from "../common/clock.ts";
import type { AttributeTypes } from "../definition/attribute-type.ts";
import type { RawConfig } from "../definition/raw-value.ts";
import type { RenderContext, TemplateValue } from "../go-template/context.ts";

/** The build that a provisioner or post-processor belongs to, as Packer tells it to them. */
export interface BuildIdentity {
  /** `PACKER_BUILD_NAME`: the label of the source, such as `debian`. */
  readonly buildName: string;
  /** `PACKER_BUILDER_TYPE`: `outscale-chroot`. */
  readonly buildType: string;
  /** The template's file; `{{template_dir}}` is its folder. */
  readonly templatePath?: string | undefined;
  /** What `{{user "name"}}` of a JSON template reads. */
  readonly userVariables?: Readonly<Record<string, string>> | undefined;
  /** The time of `{{timestamp}}` and `{{isotime}}`; the start of this process when absent. */
  readonly now?: Date | undefined;
  /** What scripts on this machine inherit; this process's own environment when absent. */
  readonly environment?: NodeJS.ProcessEnv | undefined;
}

/** Renders `{{ }}` with the build's data and some late values. Throws `InterpolationError`. */
export type Render = (text: string, late?: Readonly<Record<string, TemplateValue>>) => string;

/** What a provisioner runs with, besides its own options. */
export interface ProvisionerInput extends ProvisionInput {
  readonly build: BuildIdentity;
  readonly clock: Clock;
  readonly render: Render;
}

/** What of a provisioner decides what it makes of an image, for digests. */
export interface ProvisionerInputs {
  /** The options that were given, rendered, without those that change nothing in an image, and paths of {@link files}. */
  readonly options: RawConfig;
  /** What it reads of this machine. */
  readonly files: readonly InputFile[];
}

/** A file or a folder that a provisioner reads: its contents count, or its name, or both. */
export interface InputFile {
  /** Absent where only the name counts, as the contents are made by the build itself. */
  readonly path?: string;
  /** The part of its path that decides something; absent where only the contents do. */
  readonly name?: string;
  /** It is copied, and so its modes count. */
  readonly isCopied?: boolean;
  readonly keepsOwner?: boolean;
}

/** A file or folder of this machine that the options of a provisioner name. */
export interface LocalFile {
  /** As the user types it: `scripts`. */
  readonly option: string;
  /** Which of a list it is, from 0; undefined for an option that holds one. */
  readonly index: number | undefined;
  /** With its `{{ }}` rendered. */
  readonly path: string;
  /** `read-folder`: what lies in its folder is read, too, as by a playbook. */
  readonly use: "read" | "read-folder" | "write";
  /** It need not be there when the build begins. */
  readonly isOptional: boolean;
  /** The value with another path in the place of this one, where the path is not all of it. */
  readonly put?: ((place: string, value: string) => string) | undefined;
}

/** A provisioner whose options have been read and checked. */
export interface PreparedProvisioner {
  readonly inputs: ProvisionerInputs;
  /** @throws {ProvisionError} and what the communicator and the runner throw */
  run(input: ProvisionerInput): Promise<void>;
}

/** One type of provisioner. */
export interface ProvisionerType {
  readonly type: string;
  /** What whoever uses it must know beforehand: what it does not do here. */
  readonly warning?: string | undefined;
  /** The types of its options in an HCL template. */
  readonly hclTypes: AttributeTypes;
  /**
   * The files of this machine that the options name. Those of options that cannot be read are not told: `prepare` refuses them.
   * @param context As for `prepare`
   */
  localFiles(raw: RawConfig, context: RenderContext): readonly LocalFile[];
  /**
   * What the options say that is read of this machine, whether it is there or not.
   * @throws {ConfigError} for options that cannot be read
   */
  reads(raw: RawConfig, context: RenderContext): readonly InputFile[];
  /**
   * Renders, reads and checks the options.
   *
   * @param context With placeholders for `build.*` before the build, with its data in the build
   * @throws {ConfigError} with every problem; its option is the bare name, such as `inline`
   */
  prepare(raw: RawConfig, context: RenderContext): PreparedProvisioner;
}
