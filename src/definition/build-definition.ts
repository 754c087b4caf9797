import type { Location } from "../common/location.ts";
import type { RawConfig, RawValue } from "./raw-value.ts";

/** One build of a template: a source with what provisions it and what happens to its artifact. */
export interface BuildDefinition {
  /** As Packer shows it: `outscale-chroot.debian`, or `base.outscale-chroot.debian` inside `build { name = "base" }`. */
  readonly name: string;
  /** The builder type, such as `outscale-chroot`. */
  readonly type: string;
  /** The label of the source block. */
  readonly sourceName: string;
  readonly config: RawConfig;
  /** The paths of options whose values are sensitive, such as `tags.Name`: they are not shown. */
  readonly sensitiveOptions: ReadonlySet<string>;
  /** What `{{user "name"}}` reads in the options of its provisioners and post-processors; only JSON templates have it. */
  readonly userVariables?: Readonly<Record<string, string>>;
  /** Where an option stands in the template: `omi_name`, `omi_block_device_mappings[0].device_name`. */
  locate(optionPath: string): Location | undefined;
  readonly provisioners: readonly ProvisionerDefinition[];
  readonly errorCleanupProvisioner: ProvisionerDefinition | undefined;
  /** Chains: each post-processor of a chain gets the artifact of the one before. */
  readonly postProcessors: readonly (readonly PostProcessorDefinition[])[];
}

export interface ProvisionerDefinition {
  readonly type: string;
  readonly location: Location;
  readonly pauseBeforeMs: number;
  /** 0 means no limit. */
  readonly timeoutMs: number;
  readonly maxRetries: number;
  /** The build goes on when the provisioner fails; false when absent. */
  readonly continueOnError?: boolean;
  /**
   * The provisioner's options (overrides applied), with `build.*` known at last.
   * @param build What the builder generated, as strings
   * @throws {TemplateError} when an expression fails
   */
  evaluate(build: Readonly<Record<string, string>>): RawConfig;
  /** The same options for people to look at: what is sensitive is hidden. */
  show(build: Readonly<Record<string, string>>): RawConfig;
}

export interface PostProcessorDefinition {
  readonly type: string;
  readonly name: string;
  readonly location: Location;
  /** Undefined when the template does not say: the post-processor's own default holds. */
  readonly keepInputArtifact: boolean | undefined;
  evaluate(build: Readonly<Record<string, string>>): RawConfig;
  /** The same options for people to look at: what is sensitive is hidden. */
  show(build: Readonly<Record<string, string>>): RawConfig;
}

/** What the variables of a template are set to. */
export interface TemplateVariables {
  /** Those that may be shown, by name. */
  readonly values: Readonly<Record<string, RawValue>>;
  /** The names of the others. */
  readonly sensitive: readonly string[];
}

/** A template, read and evaluated as far as it can be before a build runs. */
export interface Template {
  /** The files it was read from, in order. */
  readonly files: readonly string[];
  /** The files of variables that a folder has by itself. */
  readonly variableFiles: readonly string[];
  readonly variables: TemplateVariables;
  readonly builds: readonly BuildDefinition[];
  /** Problems that do not stop a build: undeclared variables in a var file and the like. */
  readonly warnings: readonly string[];
}
