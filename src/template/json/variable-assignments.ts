import type { Diagnostics } from "../../hcl/source/diagnostic.ts";
import type { Span } from "../../hcl/source/source-file.ts";
import type { LoadOptions } from "../load-options.ts";
import { readSource } from "../read-template-files.ts";
import type { LegacyVariable } from "./legacy-template.ts";
import { NodeReader } from "./node-reader.ts";

/** A variable's text before it is rendered, and what has set it. */
export interface Assignment {
  readonly text: string;
  readonly from: "default" | "varfile" | "cmd";
  /** Undefined for the command line. */
  readonly span: Span | undefined;
}

/**
 * What sets a template's variables: defaults, then files, which are JSON objects of strings, then the command line. Later
 * ones win, and variables need not be declared.
 */
export function gatherAssignments(
  declared: ReadonlyMap<string, LegacyVariable>,
  { vars = [], varFiles = [] }: Pick<LoadOptions, "vars" | "varFiles">,
  diagnostics: Diagnostics,
): ReadonlyMap<string, Assignment> {
  const assignments = new Map<string, Assignment>();
  for (const { name, default: text, span } of declared.values()) {
    if (text !== undefined) assignments.set(name, { text, from: "default", span });
  }
  for (const [name, assignment] of varFiles.flatMap((file) => readVariableFile(file, diagnostics))) {
    assignments.set(name, assignment);
  }
  for (const { name, value } of vars) {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    assignments.set(name, { text, from: "cmd", span: undefined });
  }
  return assignments;
}

function readVariableFile(file: string, diagnostics: Diagnostics): readonly (readonly [string, Assignment])[] {
  const source = readSource(file, diagnostics);
  if (!source) return [];
  const reader = new NodeReader(source, diagnostics);
  const tree = reader.tree("The variable file is not JSON");
  const object = tree && reader.object(tree, "A variable file of a JSON template");
  return (object?.members ?? []).flatMap(({ key, value }) => {
    const text = reader.string(value, `The variable "${key}"`);
    return text === undefined ? [] : [[key, { text, from: "varfile", span: reader.spanOf(value) }] as const];
  });
}
