import { suggestName } from "../../common/suggest-name.ts";
import type {
  BuildDefinition,
  PostProcessorDefinition,
  ProvisionerDefinition,
} from "../../definition/build-definition.ts";
import { hideOptions } from "../../definition/hide-options.ts";
import { holdsUnknown } from "../../definition/raw-value.ts";
import { childVariableScope, innerVariables, type VariableScope } from "../../hcl/evaluate/variable-scope.ts";
import { Diagnostics } from "../../hcl/source/diagnostic.ts";
import { locationOf } from "../../hcl/source/source-file.ts";
import { referencesOf } from "../../hcl/syntax/references.ts";
import type { Block, Body } from "../../hcl/syntax/syntax.ts";
import { stringType } from "../../hcl/values/type.ts";
import { objectValue, stringValue, unknownValue, type Value } from "../../hcl/values/value.ts";
import { type BuildBlock, type BuildComponents, expandComponents, type SourceUse } from "./build-block.ts";
import { BuildFilter } from "./build-filter.ts";
import { type ComponentBlock, isSkipped, overrideFor, readComponentBlock } from "./component-block.ts";
import { type BodyShape, type DecodedBody, decodeBody, findPlace } from "./decode-body.ts";
import type { ScopedBlock } from "./dynamic-blocks.ts";
import { expressionsOf } from "./prerequisites.ts";

/** How the options of a builder, provisioner or post-processor are written; `{}` when that is not known. */
export type ShapeLookup = (kind: "source" | "provisioner" | "post-processor" | "data", type: string) => BodyShape;

/** A `source` block of a template. */
export interface SourceBlock {
  readonly type: string;
  readonly name: string;
  readonly block: Block;
}

export interface DefinitionOptions {
  readonly sources: ReadonlyMap<string, SourceBlock>;
  /** What sources, provisioners and post-processors can use: `var`, `local` and the like. */
  readonly scope: VariableScope;
  readonly shapeOf: ShapeLookup;
  readonly only: readonly string[];
  readonly except: readonly string[];
  readonly onlyBuild: string | undefined;
}

/** The builds that `build` blocks stand for, those that `-only` and `-except` leave out left out. */
export function defineBuilds(
  builds: readonly BuildBlock[],
  options: DefinitionOptions,
  diagnostics: Diagnostics,
): readonly BuildDefinition[] {
  const filter = new BuildFilter(options, diagnostics);
  const definitions = builds.flatMap((build) =>
    build.sources.flatMap((use) => {
      const source = options.sources.get(`${use.type}.${use.name}`);
      if (!source) reportUnknownSource(use, options.sources, diagnostics);
      const name = buildName(build, use);
      return source && filter.isIncluded(name)
        ? [new BuildDefiner(build, use, options, filter, diagnostics).define(source, name)]
        : [];
    }),
  );
  filter.reportUnmatched();
  return definitions;
}

function buildName(build: BuildBlock, use: SourceUse): string {
  const name = `${use.type}.${use.localName}`;
  return build.name === "" ? name : `${build.name}.${name}`;
}

function reportUnknownSource(
  use: SourceUse,
  sources: ReadonlyMap<string, SourceBlock>,
  diagnostics: Diagnostics,
): void {
  const reference = `${use.type}.${use.name}`;
  const known = [...sources.keys()];
  const list = known.length === 0 ? "there is none" : `there ${known.length === 1 ? "is" : "are"} ${known.join(", ")}`;
  const detail = `No source block "${use.type}" "${use.name}" is defined; ${list}.${suggestName(reference, known)}`;
  diagnostics.error(`Unknown source "${reference}"`, detail, use.span);
}

/** Makes the definition of one source in one build. */
class BuildDefiner {
  readonly #build: BuildBlock;
  readonly #use: SourceUse;
  readonly #options: DefinitionOptions;
  readonly #filter: BuildFilter;
  readonly #diagnostics: Diagnostics;

  constructor(
    build: BuildBlock,
    use: SourceUse,
    options: DefinitionOptions,
    filter: BuildFilter,
    diagnostics: Diagnostics,
  ) {
    this.#build = build;
    this.#use = use;
    this.#options = options;
    this.#filter = filter;
    this.#diagnostics = diagnostics;
  }

  define(source: SourceBlock, name: string): BuildDefinition {
    const scope = childVariableScope(this.#options.scope, [["source", this.#sourceValue()]]);
    // The iterator of a dynamic "source" is called "source" too, and comes first.
    const within = childVariableScope(scope, innerVariables(this.#use.scope));
    const bodies = [
      { body: source.block.body, scope },
      ...(this.#use.body ? [{ body: this.#use.body, scope: within }] : []),
    ];
    const shape = this.#options.shapeOf("source", this.#use.type);
    const { config, sensitive, places } = decodeBody(bodies, shape, this.#diagnostics);
    const { provisioners, errorCleanupProvisioner: cleanup, postProcessors } = this.#components();
    return {
      name,
      type: this.#use.type,
      sourceName: this.#use.name,
      config,
      sensitiveOptions: sensitive,
      locate: (optionPath) => locationOf(findPlace(places, optionPath) ?? source.block.headerSpan),
      provisioners: provisioners.flatMap((block) => this.#provisioner(this.#readComponent(block))),
      errorCleanupProvisioner: cleanup && this.#provisioner(this.#readComponent(cleanup))[0],
      postProcessors: this.#postProcessors(postProcessors),
    };
  }

  #sourceValue(): Value {
    return objectValue([
      ["type", stringValue(this.#use.type)],
      ["name", stringValue(this.#use.localName)],
    ]);
  }

  /** With `source` and `build` in scope; what the builder generates is not known yet. */
  #components(): BuildComponents {
    const { components, name, scope } = this.#build;
    const bodies = components.map(({ body }) => body);
    return expandComponents(
      this.#build,
      this.#late(scope, unknownBuild(bodies, { name, type: this.#use.type })),
      this.#diagnostics,
    );
  }

  #readComponent(block: ScopedBlock): ComponentBlock {
    return readComponentBlock(block, this.#diagnostics);
  }

  #late(scope: VariableScope, build: Value): VariableScope {
    return childVariableScope(scope, [
      ["source", this.#sourceValue()],
      ["build", build],
    ]);
  }

  #provisioner(component: ComponentBlock): readonly ProvisionerDefinition[] {
    if (isSkipped(component, this.#shortName())) return [];
    this.#evaluateEarly(component, "provisioner");
    const { type, pauseBeforeMs, timeoutMs, maxRetries, continueOnError, span } = component;
    const limits = { pauseBeforeMs, timeoutMs, maxRetries, continueOnError };
    return [{ type, location: locationOf(span), ...limits, ...this.#lateOptions(component, "provisioner") }];
  }

  #shortName(): string {
    return `${this.#use.type}.${this.#use.localName}`;
  }

  #postProcessors(written: readonly (readonly ScopedBlock[])[]): readonly (readonly PostProcessorDefinition[])[] {
    const chains = written.map((chain) => {
      const components = chain.map((block) => this.#readComponent(block));
      const wanted = components.filter((component) => !isSkipped(component, this.#shortName()));
      // A chain ends at a post-processor that is left out: the next one would get the wrong artifact.
      const end = wanted.findIndex(({ name, type }) => this.#filter.isExcepted(name || type));
      return (end < 0 ? wanted : wanted.slice(0, end)).map((component) => this.#postProcessor(component));
    });
    return chains.filter(({ length }) => length > 0);
  }

  #postProcessor(component: ComponentBlock): PostProcessorDefinition {
    this.#evaluateEarly(component, "post-processor");
    const { type, name, keepInputArtifact, span } = component;
    const late = this.#lateOptions(component, "post-processor");
    return { type, name: name || type, location: locationOf(span), keepInputArtifact, ...late };
  }

  /** Finds at once what is wrong whatever the builder generates. */
  #evaluateEarly(component: ComponentBlock, kind: "provisioner" | "post-processor"): void {
    this.#evaluate(component, kind, component.scope, this.#diagnostics, "later");
  }

  /** The options of a component, once it is known what the builder has generated. */
  #lateOptions(component: ComponentBlock, kind: "provisioner" | "post-processor"): LateOptions {
    const evaluate = (build: GeneratedValues) => this.#evaluateLate(component, kind, build);
    return {
      evaluate: (build) => evaluate(build).config,
      show: (build) => {
        const { config, sensitive } = evaluate(build);
        return hideOptions(config, sensitive);
      },
    };
  }

  #evaluateLate(
    component: ComponentBlock,
    kind: "provisioner" | "post-processor",
    build: GeneratedValues,
  ): EvaluatedOptions {
    const diagnostics = new Diagnostics();
    if (this.#diagnostics.isUnknownExpected) diagnostics.expectUnknown();
    const values = Object.entries({ ...build, name: this.#build.name, type: this.#use.type }).map(
      ([key, text]) => [key, stringValue(text)] as const,
    );
    const options = this.#evaluate(
      component,
      kind,
      this.#late(component.scope, objectValue(values)),
      diagnostics,
      "refused",
    );
    diagnostics.throwIfErrors();
    return options;
  }

  #evaluate(
    component: ComponentBlock,
    kind: "provisioner" | "post-processor",
    scope: VariableScope,
    diagnostics: Diagnostics,
    unknown: "refused" | "later",
  ): EvaluatedOptions {
    const shape = this.#options.shapeOf(kind, component.type);
    const own = decodeBody([{ body: component.body, scope }], shape, diagnostics, unknown);
    const override = overrideFor(component, this.#use.localName, scope, diagnostics);
    if (unknown === "refused" && holdsUnknown(override.config) && component.override) {
      diagnostics.unknown("What is overridden is not known.", component.override.span);
    }
    const isOverridden = (path: string) => Object.hasOwn(override.config, /^\w*/.exec(path)?.[0] ?? "");
    return {
      config: { ...own.config, ...override.config },
      sensitive: new Set([...[...own.sensitive].filter((path) => !isOverridden(path)), ...override.sensitive]),
    };
  }
}

type EvaluatedOptions = Pick<DecodedBody, "config" | "sensitive">;
type GeneratedValues = Readonly<Record<string, string>>;
type LateOptions = Pick<ProvisionerDefinition, "evaluate" | "show">;

/** `build` before a build: its name, and as texts that are not known yet whatever the block reads of it. */
function unknownBuild(bodies: readonly Body[], known: { readonly name: string; readonly type: string }): Value {
  const names = bodies.flatMap(expressionsOf).flatMap((expression) => [...referencesOf(expression)]);
  const read = names
    .filter(({ root, path }) => root === "build" && path[0] !== undefined)
    .map(({ path }) => path[0] as string);
  const values = read.map((key) => [key, unknownValue(stringType)] as const);
  return objectValue([...values, ...Object.entries(known).map(([key, text]) => [key, stringValue(text)] as const)]);
}
