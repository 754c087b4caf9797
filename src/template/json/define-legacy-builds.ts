import { HIDDEN } from "../../common/secrets.ts";
import type {
  BuildDefinition,
  PostProcessorDefinition,
  ProvisionerDefinition,
} from "../../definition/build-definition.ts";
import { mapTexts } from "../../definition/map-texts.ts";
import { pathsAround } from "../../definition/option-path.ts";
import type { RawConfig } from "../../definition/raw-value.ts";
import type { RenderContext } from "../../go-template/context.ts";
import { InterpolationError } from "../../go-template/interpolation-error.ts";
import { usesVariable } from "../../go-template/references.ts";
import { render } from "../../go-template/render.ts";
import type { Diagnostics } from "../../hcl/source/diagnostic.ts";
import { locationOf, type Span } from "../../hcl/source/source-file.ts";
import { warnOfNoBuild } from "../blocks/build-filter.ts";
import type {
  LegacyBuilder,
  LegacyOptions,
  LegacyPostProcessor,
  LegacyProvisioner,
  LegacyTemplate,
  OnlyExcept,
} from "./legacy-template.ts";

export interface DefineOptions {
  /** What names and `max_retries` are rendered with; its user variables go into each build. */
  readonly context: RenderContext;
  /** The variables that are sensitive, by declaration or as they use one that is. */
  readonly sensitiveVariables: readonly string[];
  /** `-only` and `-except`: names of builds, to the letter, as in Packer. `-except` leaves out post-processors too. */
  readonly only: readonly string[];
  readonly except: readonly string[];
  readonly onlyBuild: string | undefined;
}

/** One build for each builder, those that `-only` and `-except` leave out left out, in the order of their names. */
export function defineLegacyBuilds(
  template: LegacyTemplate,
  options: DefineOptions,
  diagnostics: Diagnostics,
): readonly BuildDefinition[] {
  const definer = new BuildDefiner(template, options, diagnostics);
  const named = template.builders.map((builder) => ({
    builder,
    name: definer.render(builder.name, "name", builder.span),
  }));
  checkNames(named, diagnostics);
  const isWanted = (name: string) =>
    (options.onlyBuild === undefined || name === options.onlyBuild) &&
    (options.only.length === 0 || options.only.includes(name)) &&
    !options.except.includes(name);
  const names = named.map(({ name }) => name);
  warnAboutUnmatched(template, names, options, diagnostics);
  warnOfNoBuild(options.onlyBuild, names, diagnostics);
  return named
    .filter(({ name }) => isWanted(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ builder, name }) => definer.define(builder, name));
}

/** Rendered, a name may be empty or another builder's. */
function checkNames(
  named: readonly { readonly builder: LegacyBuilder; readonly name: string }[],
  diagnostics: Diagnostics,
): void {
  const seen = new Set<string>();
  for (const { builder, name } of named) {
    const written = builder.name === name ? "" : `, which is written "${builder.name}"`;
    if (name === "") diagnostics.error("Empty name", `The builder's name is empty${written}.`, builder.span);
    else if (seen.has(name)) {
      const detail = `An earlier builder has the name "${name}"${written}. Give one of them another "name".`;
      diagnostics.error("Duplicate builder", detail, builder.span);
    }
    seen.add(name);
  }
}

function warnAboutUnmatched(
  template: LegacyTemplate,
  names: readonly string[],
  { only, except }: DefineOptions,
  diagnostics: Diagnostics,
): void {
  const postProcessors = template.postProcessors.flat().map(({ name }) => name);
  const detail = `The builds are ${names.join(", ")}; of a JSON template the whole name must be given.`;
  for (const name of only) if (!names.includes(name)) diagnostics.warn(`-only "${name}" matches no build`, detail);
  for (const name of except) {
    if (![...names, ...postProcessors].includes(name)) diagnostics.warn(`-except "${name}" matches no build`, detail);
  }
}

/** Whether `only` and `except` leave something out of the build of a builder, by the builder's name as it is written. */
function isSkipped({ only, except }: OnlyExcept, builderName: string): boolean {
  return only.length > 0 ? !only.includes(builderName) : except.includes(builderName);
}

class BuildDefiner {
  readonly #template: LegacyTemplate;
  readonly #options: DefineOptions;
  readonly #diagnostics: Diagnostics;

  constructor(template: LegacyTemplate, options: DefineOptions, diagnostics: Diagnostics) {
    this.#template = template;
    this.#options = options;
    this.#diagnostics = diagnostics;
  }

  define(builder: LegacyBuilder, name: string): BuildDefinition {
    const userVariables = this.#options.context.userVariables ?? {};
    const cleanup = this.#template.errorCleanupProvisioner;
    return {
      name,
      type: builder.type,
      sourceName: name,
      config: {
        ...builder.config,
        packer_user_variables: userVariables,
        packer_sensitive_variables: this.#options.sensitiveVariables,
      },
      sensitiveOptions: new Set(),
      userVariables,
      locate: (optionPath) => locationOf(findPlace(builder, optionPath)),
      provisioners: this.#template.provisioners
        .filter((provisioner) => !isSkipped(provisioner, builder.name))
        .map((provisioner) => this.#provisioner(provisioner, builder.name)),
      errorCleanupProvisioner: cleanup && this.#provisioner(cleanup, builder.name),
      postProcessors: this.#postProcessors(builder.name),
    };
  }

  /** What is rendered late stays: the provisioner itself renders its options, with the values of the build. */
  #provisioner(provisioner: LegacyProvisioner, builderName: string): ProvisionerDefinition {
    const { type, span, pauseBeforeMs, timeoutMs, config, override } = provisioner;
    const options = { ...config, ...override.get(builderName) };
    const maxRetries = this.#maxRetries(provisioner);
    const late = { evaluate: () => options, show: () => this.#show(options) };
    return { type, location: locationOf(span), pauseBeforeMs, timeoutMs, maxRetries, ...late };
  }

  #maxRetries({ maxRetries, span }: LegacyProvisioner): number {
    if (maxRetries === "") return 0;
    const text = this.render(maxRetries, "max_retries", span);
    if (/^\+?\d+$/.test(text)) return Number(text);
    this.#diagnostics.error("Invalid max_retries", `It must be a whole number, not "${text}".`, span);
    return 0;
  }

  #postProcessors(builderName: string): readonly (readonly PostProcessorDefinition[])[] {
    const chains = this.#template.postProcessors.map((chain) => {
      const wanted = chain.filter((postProcessor) => !isSkipped(postProcessor, builderName));
      // A chain ends at a post-processor that is left out: the next one would get the wrong artifact.
      const end = wanted.findIndex(({ name }) => this.#options.except.includes(name));
      return (end < 0 ? wanted : wanted.slice(0, end)).map((postProcessor) => this.#postProcessor(postProcessor));
    });
    return chains.filter(({ length }) => length > 0);
  }

  #postProcessor({ type, name, keepInputArtifact, span, config }: LegacyPostProcessor): PostProcessorDefinition {
    const late = { evaluate: () => config, show: () => this.#show(config) };
    return { type, name, location: locationOf(span), keepInputArtifact, ...late };
  }

  /** A text that uses a sensitive variable is sensitive as a whole. */
  #show(options: RawConfig): RawConfig {
    const uses = (text: string) => usesVariable(text, this.#options.sensitiveVariables);
    return mapTexts(options, (text) => (uses(text) ? HIDDEN : text));
  }

  render(text: string, what: string, span: Span): string {
    try {
      return render(text, this.#options.context);
    } catch (error) {
      if (!(error instanceof InterpolationError)) throw error;
      const hint = error.hint ? ` ${error.hint}` : "";
      this.#diagnostics.error(`Cannot render "${what}"`, `${error.message}.${hint}`, span);
      return text;
    }
  }
}

/** Where an option stands, or the nearest thing around it that has a place. */
function findPlace(options: LegacyOptions & { readonly span: Span }, optionPath: string): Span {
  for (const path of pathsAround(optionPath)) {
    const place = options.places.get(path);
    if (place) return place;
  }
  return options.span;
}
