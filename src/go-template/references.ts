import type { RenderContext } from "./context.ts";
import { functionTable } from "./function-table.ts";
import { InterpolationError } from "./interpolation-error.ts";
import type { Command, Node, Operand, Pipeline } from "./nodes.ts";
import { parseTemplate } from "./parse.ts";

/** What a template's text uses, in the order of first use. */
export interface TemplateReferences {
  /** The late values: `Device` of `{{.Device}}`. */
  readonly fields: readonly string[];
  /** The functions that are called, Go's own (`printf`) among them. */
  readonly functions: readonly string[];
  /** The variables of `{{user "name"}}` where the name is written out. */
  readonly userVariables: readonly string[];
  /** Whether it uses a variable whose name only rendering tells. */
  readonly usesOtherVariables: boolean;
}

/**
 * What a text uses, found without rendering it.
 *
 * @param context Only its `functions` count
 * @throws {InterpolationError} as `validateTemplate()`
 */
export function references(text: string, context: RenderContext = {}): TemplateReferences {
  const functions = functionTable(context);
  const template = parseTemplate(text, (name) => functions.has(name));
  const found = new Collector();
  found.nodes(template.nodes);
  for (const nodes of template.definitions.values()) found.nodes(nodes);
  return {
    fields: [...found.fields],
    functions: [...found.functions],
    userVariables: [...found.userVariables],
    usesOtherVariables: found.usesOtherVariables,
  };
}

/** Whether a text uses one of the variables, or one whose name only rendering tells. What cannot be read uses none. */
export function usesVariable(text: string, names: readonly string[], context: RenderContext = {}): boolean {
  if (names.length === 0 || !text.includes("{{")) return false;
  try {
    const { usesOtherVariables, userVariables } = references(text, context);
    return usesOtherVariables || userVariables.some((name) => names.includes(name));
  } catch (error) {
    if (error instanceof InterpolationError) return false;
    throw error;
  }
}

class Collector {
  readonly fields = new Set<string>();
  readonly functions = new Set<string>();
  readonly userVariables = new Set<string>();
  usesOtherVariables = false;

  nodes(nodes: readonly Node[]): void {
    for (const node of nodes) {
      if ("pipeline" in node && node.pipeline) this.#pipeline(node.pipeline);
      if ("body" in node) this.nodes([...node.body, ...node.otherwise]);
    }
  }

  #pipeline({ commands }: Pipeline): void {
    for (const [index, command] of commands.entries()) this.#command(command, commands[index - 1]);
  }

  #command({ first, args }: Command, before: Command | undefined): void {
    if (first.kind === "function" && first.name === "user") {
      const name = args[0] ?? before?.first;
      if (name?.kind === "literal" && typeof name.value === "string") this.userVariables.add(name.value);
      else this.usesOtherVariables = true;
    }
    for (const operand of [first, ...args]) this.#operand(operand);
  }

  #operand(operand: Operand): void {
    if (operand.kind === "pipeline") this.#pipeline(operand);
    else if (operand.kind === "chain") this.#operand(operand.of);
    else if (operand.kind === "function") this.functions.add(operand.name);
    else if (operand.kind === "field") this.fields.add(operand.path[0] ?? "");
    else if (operand.kind === "variable" && operand.name === "$" && operand.path[0]) this.fields.add(operand.path[0]);
  }
}
