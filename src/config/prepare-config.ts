import type { Isolation } from "../chroot/sandbox.ts";
import { ConfigError } from "../common/errors.ts";
import { ownValue } from "../common/own-value.ts";
import { HIDDEN, secrets } from "../common/secrets.ts";
import { isRawMap, joinMaps, type RawConfig, type RawValue } from "../definition/raw-value.ts";
import type { RenderContext } from "../go-template/context.ts";
import type { BuildConfig } from "./build-config.ts";
import { camelCased } from "./camel-case.ts";
import { checkOptions } from "./check-options.ts";
import { type EngineSettings, type Environment, engineSettings } from "./engine-settings.ts";
import { productOptions } from "./product-options.ts";
import { renderOptions } from "./render-options.ts";
import { checkAccess } from "./rules/access-rules.ts";
import { checkChroot } from "./rules/chroot-rules.ts";
import { checkEngine } from "./rules/engine-rules.ts";
import { Findings } from "./rules/findings.ts";
import { checkOmi } from "./rules/omi-rules.ts";
import { checkRegions } from "./rules/region-rules.ts";
import { checkSource } from "./rules/source-rules.ts";
import { checkUnchanged } from "./rules/unchanged-rules.ts";
import { type CheckedOptions, stepSchema } from "./schema.ts";
import { showGiven, showOptions } from "./show-options.ts";
import { readSourceFilter, type SourceFilter } from "./source-filter.ts";

/** What a configuration depends on besides its options. */
export interface PrepareContext {
  /** The region that the options, the profile and the environment resolve to. */
  readonly resolveRegion: (access: {
    readonly region?: string | undefined;
    readonly profile?: string | undefined;
  }) => string;
  /** Engine settings are read from here; `process.env` when absent. */
  readonly env?: Environment;
  /** `isolation` when the template does not say; `private` when absent. */
  readonly defaultIsolation?: Isolation;
  /** The template file, for `{{template_dir}}`. */
  readonly templatePath?: string;
  /** The time of `{{timestamp}}` and `{{isotime}}`; the start of this process when absent. */
  readonly now?: Date;
  /** Somebody else runs the provisioners, and does not tell what they are: Packer. */
  readonly hidesProvisioners?: boolean;
}

export interface PreparedConfig {
  readonly config: BuildConfig;
  readonly warnings: readonly string[];
  /** What late options are rendered with, besides their own data. */
  readonly renderContext: RenderContext;
  /**
   * The configuration for people to look at: a text stands in the place of each value that is sensitive. Nothing can be
   * built with it.
   * @param sensitive Paths of options, besides those that use sensitive variables
   */
  show(sensitive: ReadonlySet<string>): BuildConfig;
  /** The options as they were given, for people to look at: without credentials, and without those of Packer itself. */
  showGiven(sensitive: ReadonlySet<string>): RawConfig;
  /** The options that were given and decide what the product is, the same in every run: see {@link productOptions}. */
  productOptions(): RawConfig;
}

/**
 * Makes one validated build of raw options.
 * @param raws Later ones win, option by option: Packer gives a template's options and its own apart
 * @throws {ConfigError} with every problem at once
 */
export function prepareConfig(raws: readonly RawConfig[], context: PrepareContext): PreparedConfig {
  const given: RawConfig = joinMaps(raws);
  const renderContext = optionContextOf(given, context);
  const rendered = renderOptions(given, renderContext);
  const { options, problems } = checkOptions(rendered.raw);
  registerSecrets(options);
  const findings = new Findings([...rendered.problems, ...problems]);
  const engine = engineOf(options, context.env ?? process.env);
  checkSource(options, findings);
  checkOmi(options, findings);
  const targetRegions = checkRegions(options, () => context.resolveRegion(options), findings);
  checkChroot(options, renderContext, findings);
  checkAccess(options, engine, findings);
  checkEngine(options, findings);
  checkUnchanged(options, { hidesProvisioners: context.hidesProvisioners ?? false }, findings);
  const block = options.from_scratch ? undefined : options.source_omi_filter;
  const sourceFilter = block && readSourceFilter(block, options.source_omi !== undefined, findings);
  if (findings.problems.length > 0) throw new ConfigError(findings.problems);
  const defaultIsolation = context.defaultIsolation ?? "private";
  return {
    config: { ...derivedOptions(options, defaultIsolation), ...engine, sourceFilter, targetRegions },
    warnings: findings.warnings,
    renderContext,
    show: (sensitive) => {
      const shown = showOptions(given, options, sensitive, renderContext);
      const shownRegions = shown.omi_regions.includes(HIDDEN) ? [HIDDEN] : targetRegions;
      return {
        ...derivedOptions(shown, defaultIsolation),
        ...engine,
        sourceFilter: shownFilter(shown),
        targetRegions: shownRegions,
      };
    },
    showGiven: (sensitive) => showGiven(given, options, sensitive, renderContext),
    productOptions: () => productOptions(given, renderContext),
  };
}

function shownFilter({ source_omi_filter, from_scratch, source_omi }: CheckedOptions): SourceFilter | undefined {
  if (from_scratch || !source_omi_filter) return undefined;
  return readSourceFilter(source_omi_filter, source_omi !== undefined, new Findings([]));
}

function optionContextOf(given: RawConfig, context: PrepareContext): RenderContext {
  const text = (name: string) => (typeof given[name] === "string" ? given[name] : undefined);
  const buildName = text("packer_build_name");
  const buildType = text("packer_builder_type");
  const version = text("packer_core_version");
  return {
    functions: { ...(version && { packer_version: { params: [], call: () => version } }) },
    // An HCL template has none.
    ...(given.packer_user_variables === undefined ? {} : { userVariables: variablesOf(given.packer_user_variables) }),
    ...(buildName === undefined ? {} : { buildName }),
    ...(buildType === undefined ? {} : { buildType }),
    ...(context.templatePath === undefined ? {} : { templatePath: context.templatePath }),
    ...(context.now === undefined ? {} : { now: context.now }),
  };
}

/** The variables as texts. What is no map is a problem that the option's own check tells. */
function variablesOf(raw: RawValue | undefined): Readonly<Record<string, string>> {
  if (!isRawMap(raw)) return {};
  const text = (value: RawValue) => (typeof value === "string" ? value : JSON.stringify(value));
  return Object.fromEntries(Object.entries(raw).map(([name, value]) => [name, text(value)]));
}

function registerSecrets(options: CheckedOptions): void {
  for (const secret of [options.access_key, options.secret_key, options.mfa_code, options.token]) secrets.add(secret);
  for (const name of options.packer_sensitive_variables) secrets.add(ownValue(options.packer_user_variables, name));
}

function engineOf(options: CheckedOptions, env: Environment): EngineSettings {
  const fromEnvironment = engineSettings(env);
  return {
    ...fromEnvironment,
    vmId: options.vm_id ?? fromEnvironment.vmId,
    metadataEndpoint: options.metadata_endpoint ?? fromEnvironment.metadataEndpoint,
  };
}

/** The options as the steps read them: synonyms joined, defaults that depend on other options filled in. */
function derivedOptions(
  options: CheckedOptions,
  defaultIsolation: Isolation,
): Omit<BuildConfig, keyof EngineSettings | "sourceFilter" | "targetRegions"> {
  const scratch = options.from_scratch;
  return {
    ...camelCased(stepSchema.shape, options),
    copyFiles: options.copy_files ?? (scratch ? [] : ["/etc/resolv.conf"]),
    forceDeregister: options.force_deregister || options.packer_force,
    isolation: options.isolation ?? defaultIsolation,
    omiIsPublic: options.global_permission || options.omi_groups.includes("all"),
    productCodes: [...new Set([...options.product_codes, ...options.omi_product_codes])],
    rootVolumeType: options.root_volume_type ?? (scratch ? "gp2" : undefined),
    snapshotIsPublic: options.snapshot_groups.includes("all"),
    sourceOmi: scratch ? undefined : options.source_omi,
    tags: joinTags(options.tags, options.tag),
    snapshotTags: joinTags(options.snapshot_tags, options.snapshot_tag),
    rootVolumeTags: joinTags(options.root_volume_tags, options.root_volume_tag),
  };
}

function joinTags(
  tags: Readonly<Record<string, string>>,
  blocks: readonly { readonly key: string; readonly value: string }[],
): Readonly<Record<string, string>> {
  return { ...tags, ...Object.fromEntries(blocks.map(({ key, value }) => [key, value])) };
}
