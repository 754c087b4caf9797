import type { RawConfig } from "../../definition/raw-value.ts";
import type { Span } from "../../hcl/source/source-file.ts";

/** A JSON template as it is written: nothing in it is rendered yet. */
export interface LegacyTemplate {
  readonly description: string | undefined;
  readonly minPackerVersion: { readonly text: string; readonly span: Span } | undefined;
  readonly variables: ReadonlyMap<string, LegacyVariable>;
  readonly sensitiveVariables: readonly string[];
  readonly builders: readonly LegacyBuilder[];
  readonly provisioners: readonly LegacyProvisioner[];
  readonly errorCleanupProvisioner: LegacyProvisioner | undefined;
  readonly postProcessors: readonly (readonly LegacyPostProcessor[])[];
}

export interface LegacyVariable {
  readonly name: string;
  /** Undefined for a `null`: the variable must be given. */
  readonly default: string | undefined;
  readonly span: Span;
}

/** Options with where each of them stands: `tags`, `tags.Name`, `disks[0].size`. */
export interface LegacyOptions {
  readonly config: RawConfig;
  readonly places: ReadonlyMap<string, Span>;
}

export interface LegacyBuilder extends LegacyOptions {
  readonly type: string;
  /** The type, when the template gives no name. It may hold `{{ }}`. */
  readonly name: string;
  readonly span: Span;
}

/** For which builders something is, by their names. */
export interface OnlyExcept {
  readonly only: readonly string[];
  readonly except: readonly string[];
}

export interface LegacyProvisioner extends LegacyOptions, OnlyExcept {
  readonly type: string;
  readonly pauseBeforeMs: number;
  readonly timeoutMs: number;
  /** A whole number, or `{{ }}` that gives one. */
  readonly maxRetries: string;
  /** Further options by the name of the builder that they are for. */
  readonly override: ReadonlyMap<string, RawConfig>;
  readonly span: Span;
}

export interface LegacyPostProcessor extends LegacyOptions, OnlyExcept {
  readonly type: string;
  /** The type, when the template gives no name. */
  readonly name: string;
  readonly keepInputArtifact: boolean | undefined;
  readonly span: Span;
}
