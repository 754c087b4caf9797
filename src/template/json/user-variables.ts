import { readFileSync } from "node:fs";
import { messageOf } from "../../common/errors.ts";
import type { Diagnostics } from "../diagnostic.ts";
import type { RenderContext } from "../interpolate/context.ts";
import { InterpolationError } from "../interpolate/interpolation-error.ts";
import { references } from "../interpolate/references.ts";
import { renderOnce } from "../interpolate/render.ts";
import { SourceFile, type Span } from "../source-file.ts";
import { JsonSyntaxError, parseJsonTree } from "./json-tree.ts";
import type { LegacyVariable } from "./legacy-template.ts";
import { NodeReader } from "./node-reader.ts";

/** A variable's text before it is rendered, and where it comes from, if that is a file. */
interface Assignment {
  readonly text: string;
  readonly span: Span | undefined;
}

export interface ResolveInput {
  readonly declared: ReadonlyMap<string, LegacyVariable>;
  /** Names of variables whose text no message may show. */
  readonly sensitive: readonly string[];
  /** `-var NAME=VALUE`, in their order; they win over files. */
  readonly vars: readonly { readonly name: string; readonly value: string }[];
  /** `-var-file`: JSON objects of strings; later files win. */
  readonly varFiles: readonly string[];
  /** What functions read besides variables; `env` is what `{{env}}` reads. */
  readonly context: RenderContext;
}

/**
 * The values of a template's variables, defaults and given ones, rendered. A variable may use others, and `{{env}}`;
 * `{{.Name}}` stays, for whoever uses the variable.
 */
export function resolveVariables(input: ResolveInput, diagnostics: Diagnostics): Readonly<Record<string, string>> {
  const { declared } = input;
  const assignments = new Map<string, Assignment>();
  for (const { name, default: text, span } of declared.values())
    if (text !== undefined) assignments.set(name, { text, span });
  for (const file of input.varFiles)
    for (const [name, value] of readVariableFile(file, diagnostics)) assignments.set(name, value);
  for (const { name, value } of input.vars) assignments.set(name, { text: value, span: undefined });
  for (const { name, span } of declared.values()) {
    const detail = `The variable "${name}" has no default. Set it with -var "${name}=..." or in a -var-file.`;
    if (!assignments.has(name)) diagnostics.error("Required variable not set", detail, span);
  }
  return new VariableResolver(assignments, input, diagnostics).resolveAll();
}

function readVariableFile(file: string, diagnostics: Diagnostics): readonly (readonly [string, Assignment])[] {
  try {
    const source = new SourceFile(file, readFileSync(file, "utf8"));
    const reader = new NodeReader(source, diagnostics);
    const object = reader.object(parseJsonTree(source.text), "A variable file of a JSON template");
    return (object?.members ?? []).flatMap(({ key, value }) => {
      const text = reader.string(value, `The variable "${key}"`);
      return text === undefined ? [] : [[key, { text, span: reader.spanOf(value) }] as const];
    });
  } catch (error) {
    const isSyntax = error instanceof JsonSyntaxError;
    const detail = isSyntax
      ? `It is not JSON: ${error.message}, at character ${error.offset + 1}.`
      : `${messageOf(error)}.`;
    diagnostics.error(`Cannot read the variable file "${file}"`, detail);
    return [];
  }
}

/** `{{.Name}}` alone: what Packer leaves for later. */
const LATE_FIELD = /\{\{\s?\.(.*?)\s?\}\}/g;
/** A private-use character, which no template has. */
const MARK = "\uE000";

class VariableResolver {
  readonly #assignments: ReadonlyMap<string, Assignment>;
  readonly #input: ResolveInput;
  readonly #diagnostics: Diagnostics;
  readonly #values: Record<string, string> = Object.create(null);
  /** Those being resolved, outermost first: one that comes again uses itself. */
  readonly #open: string[] = [];

  constructor(assignments: ReadonlyMap<string, Assignment>, input: ResolveInput, diagnostics: Diagnostics) {
    this.#assignments = assignments;
    this.#input = input;
    this.#diagnostics = diagnostics;
  }

  resolveAll(): Readonly<Record<string, string>> {
    for (const name of [...this.#assignments.keys()].sort()) this.#resolve(name);
    return { ...this.#values };
  }

  #resolve(name: string): void {
    const assignment = this.#assignments.get(name);
    if (assignment === undefined || name in this.#values) return;
    if (this.#open.includes(name)) {
      const circle = [...this.#open.slice(this.#open.indexOf(name)), name].map((used) => `"${used}"`);
      this.#diagnostics.error("Variables use each other", `${circle.join(" uses ")}.`, assignment.span);
      this.#values[name] = "";
      return;
    }
    this.#open.push(name);
    const value = this.#render(name, assignment);
    this.#open.pop();
    this.#values[name] ??= value;
  }

  #render(name: string, { text, span }: Assignment): string {
    const late: string[] = [];
    const kept = text.replace(LATE_FIELD, (field) => `${MARK}${late.push(field) - 1}${MARK}`);
    try {
      for (const used of references(kept).userVariables) this.#resolve(used);
      const rendered = renderOnce(kept, { ...this.#input.context, userVariables: this.#values });
      return rendered.replace(/\uE000(\d+)\uE000/g, (_, index) => late[Number(index)] ?? "");
    } catch (error) {
      if (!(error instanceof InterpolationError)) throw error;
      const isSensitive = this.#input.sensitive.includes(name);
      const detail = isSensitive ? "It is sensitive: what it holds is not shown." : `${error.message}.`;
      this.#diagnostics.error(`Cannot render the variable "${name}"`, detail, span);
      return "";
    }
  }
}
