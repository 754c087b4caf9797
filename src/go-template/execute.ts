import type { Budget } from "./budget.ts";
import type { RenderContext, TemplateFunction } from "./context.ts";
import { Evaluator } from "./evaluate.ts";
import { PLAIN } from "./go/format-spec.ts";
import { formatValue } from "./go/format-value.ts";
import { entryOf, type GoMap, type GoValue, isList, isMap, isTrue, sortedKeys, typeName } from "./go/values.ts";
import { InterpolationError } from "./interpolation-error.ts";
import type { Branch, Node, ParsedTemplate } from "./nodes.ts";
import { TemplateVariables } from "./template-variables.ts";

/** Templates that call themselves end here, before our call stack does. */
const DEEPEST_CALL = 200;

export interface ExecuteInput {
  readonly functions: ReadonlyMap<string, TemplateFunction>;
  readonly context: RenderContext;
  readonly budget: Budget;
}

/**
 * Runs a template.
 *
 * @throws {InterpolationError} when an action fails, or the budget is used up
 */
export function executeTemplate(template: ParsedTemplate, input: ExecuteInput): string {
  const root = mapValues(input.context.data ?? {}, toGoValue);
  const execution = new Execution(template, root, input);
  execution.run(template.nodes, root);
  return execution.output.join("");
}

/** How a list of nodes ended: whether a `{{break}}` or `{{continue}}` is on its way out to the range. */
type Outcome = "done" | "break" | "continue";

class Execution {
  readonly output: string[] = [];
  readonly #template: ParsedTemplate;
  readonly #evaluator: Evaluator;
  readonly #budget: Budget;
  #scope = new TemplateVariables(null);
  #calls = 0;

  constructor(template: ParsedTemplate, root: GoMap, input: ExecuteInput) {
    this.#template = template;
    this.#budget = input.budget;
    this.#evaluator = new Evaluator(template.text, root, input);
  }

  /** Runs nodes with a scope of their own, in which `$` is the dot. */
  run(nodes: readonly Node[], dot: GoValue): void {
    const outer = this.#scope;
    this.#scope = new TemplateVariables(dot);
    this.#runList(nodes, dot);
    this.#scope = outer;
  }

  #runList(nodes: readonly Node[], dot: GoValue): Outcome {
    for (const node of nodes) {
      const outcome = this.#runNode(node, dot);
      if (outcome !== "done") return outcome;
    }
    return "done";
  }

  #runNode(node: Node, dot: GoValue): Outcome {
    switch (node.kind) {
      case "text":
        this.#write(node.text, 0);
        return "done";
      case "action": {
        const value = this.#evaluator.pipeline(node.pipeline, dot, this.#scope);
        if (node.pipeline.variables.length === 0) this.#write(display(value), node.pipeline.offset);
        return "done";
      }
      case "break":
      case "continue":
        return node.kind;
      case "template":
        this.#runTemplate(node, dot);
        return "done";
      case "range":
        return this.#scope.within(() => this.#runRange(node, dot));
      default:
        return this.#scope.within(() => this.#runBranch(node, dot));
    }
  }

  #write(text: string, offset: number): void {
    this.#pay(offset, text.length);
    this.output.push(text);
  }

  #pay(offset: number, characters = 0): void {
    if (!this.#budget.spend(characters)) throw this.#error("The template does too much, or does not end", offset);
  }

  #runTemplate(node: Node & { kind: "template" }, dot: GoValue): void {
    const nodes = this.#template.definitions.get(node.name);
    if (nodes === undefined) throw this.#error(`The template "${node.name}" is not defined`, node.offset);
    const value = node.pipeline ? this.#evaluator.pipeline(node.pipeline, dot, this.#scope) : null;
    if (this.#calls === DEEPEST_CALL)
      throw this.#error(`The template "${node.name}" calls itself for ever`, node.offset);
    this.#calls++;
    this.run(nodes, value);
    this.#calls--;
  }

  #runBranch(node: Branch, dot: GoValue): Outcome {
    const value = this.#evaluator.pipeline(node.pipeline, dot, this.#scope);
    if (!isTrue(value)) return this.#runList(node.otherwise, dot);
    return this.#runList(node.body, node.kind === "with" ? value : dot);
  }

  #runRange(node: Branch, dot: GoValue): Outcome {
    const value = this.#evaluator.pipeline(node.pipeline, dot, this.#scope);
    let isEmpty = true;
    for (const [key, item] of this.#itemsOf(value, node)) {
      isEmpty = false;
      this.#pay(node.offset);
      const outcome = this.#scope.within(() => {
        this.#setRangeVariables(node, key, item);
        return this.#runList(node.body, item);
      });
      if (outcome === "break") break;
    }
    return isEmpty ? this.#runList(node.otherwise, dot) : "done";
  }

  /** One variable takes the item, two take key and item. */
  #setRangeVariables({ pipeline: { variables, isAssignment } }: Branch, key: GoValue, item: GoValue): void {
    const values = variables.length > 1 ? [key, item] : [item];
    for (const [index, name] of variables.entries()) {
      const value = values[index] ?? null;
      if (isAssignment) this.#scope.assign(name, value);
      else this.#scope.declare(name, value);
    }
  }

  *#itemsOf(value: GoValue, node: Branch): Iterable<readonly [GoValue, GoValue]> {
    if (value === null) return;
    if (isList(value)) {
      for (const [index, item] of value.entries()) yield [BigInt(index), item];
    } else if (isMap(value)) {
      for (const key of sortedKeys(value)) yield [key, entryOf(value, key) ?? null];
    } else if (typeof value === "bigint" && node.pipeline.variables.length < 2) {
      for (let index = 0n; index < value; index++) yield [null, index];
    } else {
      throw this.#error(`A range cannot go over a value of type ${typeName(value)}`, node.pipeline.offset);
    }
  }

  #error(message: string, offset: number): InterpolationError {
    return new InterpolationError(message, { text: this.#template.text, offset });
  }
}

function display(value: GoValue): string {
  return value === null ? "<no value>" : formatValue(value, "v", PLAIN);
}

/** A whole number that JavaScript brings is Go's `int`. */
function toGoValue(value: GoValue): GoValue {
  if (typeof value === "number" && Number.isSafeInteger(value)) return BigInt(value);
  if (value === null || typeof value !== "object") return value;
  return isList(value) ? value.map(toGoValue) : mapValues(value, toGoValue);
}

function mapValues(map: GoMap, change: (value: GoValue) => GoValue): GoMap {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value)]));
}
