import { relative, resolve } from "node:path";
import { messageOf, UsageError } from "../../common/errors.ts";
import { ProvenanceError } from "../../evidence/provenance/provenance-error.ts";
import type { ProvenanceStatement, ResourceDescriptor } from "../../evidence/provenance/statement.ts";
import { Diagnostics } from "../../hcl/source/diagnostic.ts";
import { findTemplateFiles } from "../../template/read-template-files.ts";
import { digestSetOf } from "./digest-set.ts";
import { baseOf, type InputPath } from "./input-files.ts";

export interface CheckedFiles {
  readonly checked: readonly string[];
  /** Files of which the statement says nothing but that they were there. */
  readonly withoutDigest: readonly string[];
}

/**
 * Compares a template, and every other file that a statement names, with what they were.
 * @throws {ProvenanceError} with all that differ
 */
export async function checkFiles(statement: ProvenanceStatement, template: string): Promise<CheckedFiles> {
  const base = baseOf(template);
  const files = (statement.predicate.buildDefinition.resolvedDependencies ?? []).filter(isFile);
  const withoutDigest = files.flatMap(({ name, digest }) => (digest === undefined && name !== undefined ? name : []));
  const checked: string[] = [];
  const problems: string[] = [];
  for (const { name = "", digest } of files) {
    if (digest === undefined) continue;
    const problem = await compare(resolve(base, name), digest);
    if (problem === undefined) checked.push(name);
    else problems.push(`"${name}" ${problem}`);
  }
  for (const { kind, path } of filesOfTemplate(template)) {
    const name = relative(base, resolve(path));
    const isKnown = files.some((file) => file.annotations?.kind === kind && file.name === name);
    if (!isKnown) problems.push(`"${name}" was not a part of it`);
  }
  if (problems.length === 0) return { checked, withoutDigest };
  throw new ProvenanceError(`The OMI was not built from what is there now: ${problems.join("; ")}`);
}

/** The OMI that a build starts from is a dependency, too. */
function isFile({ name, annotations }: ResourceDescriptor): boolean {
  return name !== undefined && annotations?.kind !== undefined && annotations.kind !== "source";
}

/** @returns what is wrong. Any digest that is known decides; others are passed over, as the standard asks */
async function compare(path: string, digest: Readonly<Record<string, string>>): Promise<string | undefined> {
  try {
    const found = await digestSetOf(path);
    const names = Object.keys(found).filter((name) => digest[name] !== undefined);
    if (names.length === 0) return "was something else, or has a digest of a kind that is not known";
    return names.some((name) => digest[name] === found[name]) ? undefined : "has changed";
  } catch (error) {
    return `cannot be read: ${messageOf(error)}`;
  }
}

/**
 * What a build would read by itself now: a file that came later makes another OMI as well as one that has changed.
 * @throws {UsageError} when there is no template
 */
function filesOfTemplate(template: string): readonly Pick<InputPath, "kind" | "path">[] {
  if (template.endsWith(".json") && !template.endsWith(".pkr.json")) return [{ kind: "template", path: template }];
  const { templates, autoVariables } = findTemplateFiles(template, new Diagnostics());
  if (templates.length === 0) throw new UsageError(`There is no template at "${template}"`);
  return [
    ...templates.map((path) => ({ kind: "template", path }) as const),
    ...autoVariables.map((path) => ({ kind: "variables", path }) as const),
  ];
}
