import { credentialTest } from "../../common/credential-variables.ts";
import { HIDDEN } from "../../common/secrets.ts";
import { Diagnostics } from "../../hcl/source/diagnostic.ts";
import { locationOf } from "../../hcl/source/source-file.ts";
import type { BuildDescription, TemplateDescription } from "../inspect-template.ts";
import type { LoadOptions } from "../load-options.ts";
import type { LegacyBuilder, LegacyTemplate, OnlyExcept } from "./legacy-template.ts";
import { openJsonTemplate } from "./open-json-template.ts";

/**
 * Describes a JSON template. Texts are shown as they are written: what `{{ }}` in them gives is known when a build runs.
 *
 * @throws {TemplateError} when it cannot be read or understood
 */
export async function inspectJsonTemplate(options: LoadOptions): Promise<TemplateDescription> {
  const diagnostics = new Diagnostics();
  const open = openJsonTemplate(options, diagnostics);
  diagnostics.throwIfErrors();
  const empty = { plugins: [], locals: [], dataSources: [], problems: [] };
  if (!open) return { files: [], variables: [], sources: [], builds: [], ...empty };
  const { template, assignments } = open;
  const isCredential = credentialTest(options.env);
  const variables = [...template.variables.values()].map(({ name, span }) => {
    const assignment = assignments.get(name);
    const isSensitive = template.sensitiveVariables.includes(name);
    const isHidden = isSensitive || (assignment && assignment.from !== "default" && isCredential(assignment.text));
    const value = assignment && (isHidden ? HIDDEN : JSON.stringify(assignment.text));
    const setBy = assignment?.from;
    return { name, description: "", type: "string", isSensitive, value, setBy, location: locationOf(span) };
  });
  return {
    files: [options.path],
    variables,
    sources: template.builders.map(({ type, name, span }) => ({ type, name, location: locationOf(span) })),
    builds: template.builders.map((builder) => describeBuild(builder, template)),
    ...empty,
  };
}

function describeBuild(builder: LegacyBuilder, template: LegacyTemplate): BuildDescription {
  const isWanted = ({ only, except }: OnlyExcept) =>
    only.length > 0 ? only.includes(builder.name) : !except.includes(builder.name);
  const chains = template.postProcessors.map((chain) =>
    chain.filter(isWanted).map(({ type, name }) => named(type, name)),
  );
  return {
    name: builder.name,
    description: template.description ?? "",
    sources: [named(builder.type, builder.name)],
    provisioners: template.provisioners.filter(isWanted).map(({ type }) => type),
    errorCleanupProvisioner: template.errorCleanupProvisioner?.type,
    postProcessors: chains.filter(({ length }) => length > 0),
    location: locationOf(builder.span),
  };
}

function named(type: string, name: string): string {
  return name === type ? type : `${type}.${name}`;
}
