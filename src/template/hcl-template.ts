import { resolve } from "node:path";
import { PACKER_VERSION } from "../common/packer-version.ts";
import { secrets } from "../common/secrets.ts";
import type { BuildDefinition } from "../definition/build-definition.ts";
import { renderTemplate } from "../hcl/evaluate/render-template.ts";
import { makeScope, type Scope } from "../hcl/evaluate/scope.ts";
import type { HclFunction } from "../hcl/functions/function.ts";
import { packerFunctions, variableFunctions } from "../hcl/functions/functions.ts";
import type { Diagnostics } from "../hcl/source/diagnostic.ts";
import { locationOf } from "../hcl/source/source-file.ts";
import { readBody, readBodyPartly } from "../hcl/syntax/body-content.ts";
import type { Block, Body } from "../hcl/syntax/syntax.ts";
import { stringType } from "../hcl/values/type.ts";
import { objectValue, stringValue, unknownValue, type Value } from "../hcl/values/value.ts";
import { type BuildBlock, readBuildBlock, warnAboutRegistry } from "./blocks/build-block.ts";
import { defineBuilds, type SourceBlock } from "./blocks/build-definitions.ts";
import { expandBlocks } from "./blocks/dynamic-blocks.ts";
import { type RequiredPlugin, readPackerBlock } from "./blocks/packer-block.ts";
import {
  evaluatePrerequisites,
  type Prerequisite,
  type PrerequisiteValues,
  prerequisiteVariables,
  readPrerequisites,
} from "./blocks/prerequisites.ts";
import { validateVariables } from "./blocks/validate-variables.ts";
import { assignFromArguments, assignFromEnvironment, assignFromFile } from "./blocks/variable-values.ts";
import { declareVariable, declareVariables, type InputVariable, valueOfVariable } from "./blocks/variables.ts";
import type { LoadOptions } from "./load-options.ts";
import { findTemplateFiles, readBodyFile } from "./read-template-files.ts";

const SCHEMA = {
  blocks: {
    packer: [],
    variable: ["name"],
    variables: [],
    local: ["name"],
    locals: [],
    data: ["type", "name"],
    source: ["type", "name"],
    build: [],
    hcp_packer_registry: [],
    dynamic: ["block type"],
  },
};

/**
 * An HCL template on its way from text to builds. Each step needs the ones before it and reports into `diagnostics`;
 * `load-template.ts` decides where problems end the way.
 */
export class HclTemplate {
  readonly files: readonly string[];
  readonly variables = new Map<string, InputVariable>();
  readonly sources = new Map<string, SourceBlock>();
  readonly plugins: RequiredPlugin[] = [];
  readonly functions: ReadonlyMap<string, HclFunction>;
  prerequisites: readonly Prerequisite[] = [];
  values: PrerequisiteValues = new Map();
  readonly #options: LoadOptions;
  readonly #diagnostics: Diagnostics;
  readonly #root: string;
  readonly #variableFiles: readonly string[];
  #bodies: readonly Body[] = [];
  #blocks: readonly Block[] = [];

  constructor(options: LoadOptions, diagnostics: Diagnostics) {
    const { root, templates, autoVariables } = findTemplateFiles(options.path, diagnostics);
    this.files = templates;
    this.#options = options;
    this.#diagnostics = diagnostics;
    this.#root = root;
    this.#variableFiles = [...autoVariables, ...(options.varFiles ?? [])];
    const { env, now } = options;
    const workingFolder = resolve(options.cwd ?? ".");
    const baseFolder = resolve(workingFolder, root);
    this.functions = packerFunctions({
      baseFolder,
      workingFolder,
      env,
      renderTemplate,
      ...(now ? { now: () => now, runStart: now } : {}),
    });
  }

  /** Reads the files; what they say is not looked at yet. */
  parse(): void {
    const bodies = this.files.map((file) => readBodyFile(file, this.#diagnostics));
    this.#bodies = bodies.filter((body) => body !== undefined);
  }

  /** Checks that the template is for a Packer such as we are, before anything in it can be misunderstood. */
  checkRequirements(): void {
    const blocks = this.#bodies.flatMap(
      (body) => readBodyPartly(body, { blocks: { packer: [] } }, this.#diagnostics).blocks,
    );
    for (const block of blocks) this.plugins.push(...readPackerBlock(block, this.#diagnostics));
  }

  /** Sorts out the blocks; others than Packer has are reported. */
  readBlocks(): void {
    this.#blocks = this.#bodies.flatMap((body) => readBody(body, SCHEMA, this.#diagnostics).blocks);
  }

  #ofType(...types: readonly string[]): readonly Block[] {
    return this.#blocks.filter(({ type }) => types.includes(type));
  }

  /** Reads what variables there are, and what they are set to: later assignments win over earlier ones. */
  readVariables(): void {
    const scope = makeScope([], variableFunctions({ env: this.#options.env }));
    for (const block of this.#ofType("variable")) declareVariable(block, this.variables, scope, this.#diagnostics);
    for (const block of this.#ofType("variables")) declareVariables(block, this.variables, scope, this.#diagnostics);
    assignFromEnvironment(this.#options.env, this.variables, this.#diagnostics);
    for (const file of this.#variableFiles) {
      const body = readBodyFile(file, this.#diagnostics);
      const warn = this.#options.warnUndeclared ?? true;
      if (body) assignFromFile(body, this.variables, { warnUndeclared: warn }, this.#diagnostics);
    }
    assignFromArguments(this.#options.vars ?? [], this.variables, this.#diagnostics);
    this.#registerSecrets();
  }

  /** From here on nobody prints them, whatever becomes of the template. */
  #registerSecrets(): void {
    for (const text of this.sensitiveValues()) secrets.add(text);
  }

  validateVariables(): void {
    validateVariables(this.variables.values(), this.functions, this.#diagnostics);
  }

  /** Evaluates locals and data sources. */
  async evaluatePrerequisites(): Promise<void> {
    this.prerequisites = readPrerequisites(this.#ofType("local", "locals", "data"), this.#diagnostics);
    const shapeOf = (type: string) => this.#options.shapeOf?.("data", type) ?? {};
    const options = { readData: this.#options.readData, shapeOf };
    this.values = await evaluatePrerequisites(this.prerequisites, this.#baseScope(), options, this.#diagnostics);
    this.#registerSecrets();
  }

  #baseScope(): Scope {
    const variables = [...this.variables.values()].map(
      (variable) => [variable.name, valueOfVariable(variable)] as const,
    );
    const path = objectValue([
      ["cwd", stringValue(this.#options.cwd ?? process.cwd())],
      ["root", stringValue(this.#root)],
    ]);
    const packer = objectValue([["version", stringValue(PACKER_VERSION)]]);
    return makeScope(
      [
        ["var", objectValue(variables)],
        ["path", path],
        ["packer", packer],
      ],
      this.functions,
    );
  }

  /** What expressions can use once locals and data sources are evaluated. */
  scope(): Scope {
    const base = this.#baseScope();
    const source = objectValue([
      ["type", unknownValue(stringType)],
      ["name", unknownValue(stringType)],
    ]);
    return makeScope([...base.variables, ...prerequisiteVariables(this.values), ["source", source]], this.functions);
  }

  /** Reads `source` and `build` blocks, and gives the latter. */
  readBuilds(): readonly BuildBlock[] {
    const scope = this.scope();
    const blocks = expandBlocks(
      this.#ofType("source", "build", "hcp_packer_registry", "dynamic"),
      scope,
      this.#diagnostics,
    );
    for (const { block } of blocks) if (block.type === "source") this.#addSource(block);
    warnAboutRegistry(
      blocks.filter(({ block }) => block.type === "hcp_packer_registry"),
      this.#diagnostics,
    );
    const builds = blocks.filter(({ block }) => block.type === "build");
    return builds.map(({ block, scope: within }) => readBuildBlock(block, within, this.#diagnostics));
  }

  #addSource(block: Block): void {
    const [type, name] = block.labels.map(({ text }) => text);
    const address = `${type}.${name}`;
    const first = this.sources.get(address);
    if (!first) {
      this.sources.set(address, { type: type ?? "", name: name ?? "", block });
      return;
    }
    const { file, line } = locationOf(first.block.headerSpan);
    const detail = `A source "${type}" "${name}" is already defined at ${file}:${line}.`;
    this.#diagnostics.error("Duplicate source block", detail, block.headerSpan);
  }

  defineBuilds(builds: readonly BuildBlock[]): readonly BuildDefinition[] {
    if (builds.length === 0) {
      this.#diagnostics.error(
        "Missing build block",
        'There is nothing to build: build { sources = ["source.TYPE.NAME"] }',
      );
    }
    const { only = [], except = [], shapeOf } = this.#options;
    const options = { sources: this.sources, scope: this.scope(), shapeOf: shapeOf ?? (() => ({})), only, except };
    return defineBuilds(builds, options, this.#diagnostics);
  }

  /** The texts of sensitive variables and locals, for the mask. */
  sensitiveValues(): readonly string[] {
    const values = [...[...this.variables.values()].map(valueOfVariable), ...this.values.values()];
    return [...new Set(values.flatMap((value) => textsOf(value, false)))];
  }
}

/** The texts and numbers in a value that are sensitive, by themselves or by what they are in. */
function textsOf(value: Value, isWithin: boolean): readonly string[] {
  const isSensitive = isWithin || value.isSensitive;
  if (!value.isKnown || value.isNull) return [];
  if (value.isContainer) return value.elements().flatMap((element) => textsOf(element, isSensitive));
  if (!isSensitive || value.type.kind === "bool") return [];
  return [value.type.kind === "string" ? value.asString() : value.asNumber().toString()];
}
