import type { z } from "zod";
import type { ProvisionInput } from "../builder/hook.ts";
import type { Clock } from "../common/clock.ts";
import type { ConfigProblem } from "../common/errors.ts";
import type { RawConfig } from "../template/definition.ts";
import type { RenderContext, TemplateValue } from "../template/interpolate/context.ts";

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
}

/** What a provisioner runs with, besides its own options. */
export interface ProvisionerInput extends ProvisionInput {
  readonly build: BuildIdentity;
  readonly clock: Clock;
  /**
   * Renders `{{ }}` with the build's data and some late values.
   * @throws {InterpolationError}
   */
  render(text: string, late?: Readonly<Record<string, TemplateValue>>): string;
}

/** What can be known before the build starts. */
export interface CheckInput {
  /** True for a value that holds a placeholder of `build.*`: it cannot be judged yet. */
  isLate(value: string): boolean;
}

/** One type of provisioner. */
export interface Provisioner<Options> {
  readonly schema: z.ZodType<Options>;
  /** Options whose `{{ }}` is rendered by the provisioner itself, with values of its own such as `{{.Path}}`. */
  readonly rendersItself: readonly string[];
  /** What a schema cannot tell: options that exclude each other, files that do not exist. */
  check(options: Options, input: CheckInput): readonly ConfigProblem[];
  /** @throws {ProvisionError} and what the communicator and the runner throw */
  run(options: Options, input: ProvisionerInput): Promise<void>;
}

/** A provisioner with options that have been checked. */
export interface PreparedProvisioner {
  run(input: ProvisionerInput): Promise<void>;
}

/** A provisioner of any type: options go in raw, and come out checked and bound. */
export interface ProvisionerType {
  readonly type: string;
  /**
   * Renders, parses and checks the options.
   * @param context With placeholders for `build.*` before the build, with its data in the build
   * @throws {ConfigError} with every problem; its option is the bare name, such as `inline`
   */
  prepare(raw: RawConfig, context: RenderContext, input: CheckInput): PreparedProvisioner;
}
