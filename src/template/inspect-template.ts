import type { Location } from "../common/location.ts";
import { childVariableScope, type VariableScope } from "../hcl/evaluate/variable-scope.ts";
import { type Diagnostic, Diagnostics } from "../hcl/source/diagnostic.ts";
import { locationOf } from "../hcl/source/source-file.ts";
import { printValue } from "../hcl/values/print-value.ts";
import { typeExpression } from "../hcl/values/type.ts";
import { unknownValue } from "../hcl/values/value.ts";
import { type BuildBlock, expandComponents } from "./blocks/build-block.ts";
import { readComponentBlock } from "./blocks/component-block.ts";
import type { ScopedBlock } from "./blocks/dynamic-blocks.ts";
import type { RequiredPlugin } from "./blocks/packer-block.ts";
import { type InputVariable, valueOfVariable } from "./blocks/variables.ts";
import { inspectJsonTemplate } from "./json/inspect-json-template.ts";
import { isJsonTemplate } from "./json/open-json-template.ts";
import type { LoadOptions } from "./load-options.ts";
import { openTemplate } from "./open-template.ts";
import { type BuildableTemplate, readBuilds } from "./read-builds.ts";

/** What a template consists of, for `inspect`. Values are printed as expressions, sensitive ones hidden. */
export interface TemplateDescription {
  readonly files: readonly string[];
  readonly plugins: readonly RequiredPlugin[];
  readonly variables: readonly VariableDescription[];
  readonly locals: readonly LocalDescription[];
  readonly dataSources: readonly { readonly type: string; readonly name: string; readonly location: Location }[];
  readonly sources: readonly { readonly type: string; readonly name: string; readonly location: Location }[];
  readonly builds: readonly BuildDescription[];
  /** What is wrong with the rest. */
  readonly problems: readonly Diagnostic[];
}

export interface LocalDescription {
  readonly name: string;
  /** Undefined when it could not be computed: `problems` tell why. */
  readonly value: string | undefined;
  readonly location: Location;
}

export interface VariableDescription {
  readonly name: string;
  readonly description: string;
  /** As `type = ...` says it. */
  readonly type: string;
  readonly isSensitive: boolean;
  /** Undefined when nothing sets it: it must be given. */
  readonly value: string | undefined;
  readonly setBy: "default" | "env" | "varfile" | "cmd" | undefined;
  readonly location: Location;
}

export interface BuildDescription {
  readonly name: string;
  readonly description: string;
  /** `type.name` of each. */
  readonly sources: readonly string[];
  readonly provisioners: readonly string[];
  readonly errorCleanupProvisioner: string | undefined;
  /** Chains of types. */
  readonly postProcessors: readonly (readonly string[])[];
  readonly location: Location;
}

/**
 * Describes a template. Unlike `loadTemplate()` it is content with variables that are not set, reads no data source, needs no
 * build block, and describes what it can when something is wrong with the rest.
 *
 * @throws {TemplateError} when it cannot be read or taken apart
 */
export async function inspectTemplate(options: LoadOptions): Promise<TemplateDescription> {
  if (isJsonTemplate(options.path)) return inspectJsonTemplate(options);
  const diagnostics = new Diagnostics();
  diagnostics.expectUnknown();
  const { readData: _, ...offline } = options;
  const template = readBuilds(await openTemplate(offline, "as they are", diagnostics), diagnostics);
  const scope = childVariableScope(template.scope, [["build", unknownValue()]]);
  const builds = template.builds.map((build) => describeBuild(build, scope, diagnostics));
  const problems = diagnostics.distinct.filter(({ severity }) => severity === "error");
  return { ...describeDeclarations(template), builds, problems };
}

/** What a template declares, with values as they may be shown. */
export function describeDeclarations(template: BuildableTemplate): Omit<TemplateDescription, "builds" | "problems"> {
  const { files, plugins, variables, sources, prerequisites, values, failed } = template;
  const locals = prerequisites.flatMap(({ kind, name, address, span }) => {
    const value = kind === "local" ? values.get(address) : undefined;
    const shown = failed.has(address) ? undefined : value && printValue(value);
    return value ? [{ name, value: shown, location: locationOf(span) }] : [];
  });
  const dataSources = prerequisites.filter((item) => item.kind === "data");
  return {
    files,
    plugins,
    variables: [...variables.values()].map(describeVariable),
    locals,
    dataSources: dataSources.map(({ type, name, span }) => ({ type, name, location: locationOf(span) })),
    sources: [...sources.values()].map(({ type, name, block }) => ({
      type,
      name,
      location: locationOf(block.headerSpan),
    })),
  };
}

function describeBuild(build: BuildBlock, scope: VariableScope, diagnostics: Diagnostics): BuildDescription {
  const { provisioners, errorCleanupProvisioner, postProcessors } = expandComponents(build, scope, diagnostics, "once");
  return {
    name: build.name,
    description: build.description,
    sources: build.sources.map(({ type, localName }) => `${type}.${localName}`),
    provisioners: provisioners.map(describeComponent),
    errorCleanupProvisioner: errorCleanupProvisioner && describeComponent(errorCleanupProvisioner),
    postProcessors: postProcessors.map((chain) => chain.map(describeComponent)),
    location: locationOf(build.span),
  };
}

function describeVariable(variable: InputVariable): VariableDescription {
  const { name, description, isSensitive, constraint, assignments, span } = variable;
  const setBy = assignments.at(-1)?.from;
  const value = setBy && printValue(valueOfVariable(variable));
  return {
    name,
    description,
    type: typeExpression(constraint.type),
    isSensitive,
    value,
    setBy,
    location: locationOf(span),
  };
}

/** The type of a provisioner or post-processor, with its name if it has one. */
function describeComponent(block: ScopedBlock): string {
  const { type, name } = readComponentBlock(block, new Diagnostics());
  return name === "" ? type : `${type}.${name}`;
}
