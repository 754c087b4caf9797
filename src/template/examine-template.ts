import type { BuildDefinition } from "../definition/build-definition.ts";
import { type Diagnostic, Diagnostics, TemplateError } from "../hcl/source/diagnostic.ts";
import type { BuildBlock } from "./blocks/build-block.ts";
import { DATA_NOT_READ } from "./blocks/prerequisites.ts";
import { describeDeclarations, type TemplateDescription } from "./inspect-template.ts";
import type { LoadOptions } from "./load-options.ts";
import { defineTemplateBuilds } from "./load-template.ts";
import { openTemplate } from "./open-template.ts";
import { type BuildableTemplate, readBuilds } from "./read-builds.ts";

/** What can be said of a template that is being written. */
export interface ExaminedTemplate {
  readonly diagnostics: readonly Diagnostic[];
  /** What could not be evaluated in their options is not known. */
  readonly builds: readonly BuildDefinition[];
  /** What is declared; undefined when something is broken that makes the rest meaningless. */
  readonly declared: Pick<TemplateDescription, "variables" | "locals"> | undefined;
}

/** Looks at a template as `loadTemplate()` does, but takes what is not known for unknown, and throws nothing of its problems. */
export async function examineTemplate(options: LoadOptions): Promise<ExaminedTemplate> {
  const diagnostics = new Diagnostics();
  diagnostics.expectUnknown();
  const { readData: _, ...offline } = options;
  try {
    const template = readBuilds(await openTemplate(offline, "if set", diagnostics), diagnostics);
    const builds = defineTemplateBuilds(withUnusedSources(template), offline, diagnostics);
    return { diagnostics: diagnostics.distinct.filter(isNews), builds, declared: describeDeclarations(template) };
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    return { diagnostics: error.diagnostics, builds: [], declared: undefined };
  }
}

/** A source that no build has yet is looked at as if one had it. */
function withUnusedSources(template: BuildableTemplate): BuildableTemplate {
  const { builds, sources, scope } = template;
  const used = new Set(builds.flatMap((build) => build.sources.map(({ type, name }) => `${type}.${name}`)));
  const unused = [...sources.values()].filter(({ type, name }) => !used.has(`${type}.${name}`));
  const made = unused.map(({ type, name, block: { headerSpan: span } }): BuildBlock => {
    const use = { type, name, localName: name, body: undefined, scope, span };
    return { name: "", description: "", sources: [use], components: [], scope, span };
  });
  return { ...template, builds: [...builds, ...made] };
}

/** Whoever writes a template knows that nothing is read for it meanwhile. */
function isNews({ summary }: Diagnostic): boolean {
  return summary !== DATA_NOT_READ;
}
