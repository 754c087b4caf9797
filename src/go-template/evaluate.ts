import { messageOf } from "../common/errors.ts";
import type { Budget } from "./budget.ts";
import type { ParameterType, TemplateFunction } from "./context.ts";
import type { ExecuteInput } from "./execute.ts";
import { entryOf, type GoMap, type GoValue, isMap, isTrue, typeName } from "./go/values.ts";
import { InterpolationError } from "./interpolation-error.ts";
import type { Command, Operand, Pipeline } from "./nodes.ts";
import type { TemplateVariables } from "./template-variables.ts";

/** A call: what stands behind the function, and what the pipe brings as its last argument. */
interface Call {
  readonly command: Command;
  readonly piped: GoValue | undefined;
  readonly dot: GoValue;
  readonly scope: TemplateVariables;
}

/** Finds the values of pipelines. */
export class Evaluator {
  readonly #text: string;
  readonly #functions: ReadonlyMap<string, TemplateFunction>;
  readonly #root: GoMap;
  readonly #isStrict: boolean;
  readonly #budget: Budget;

  constructor(text: string, root: GoMap, { functions, context, budget }: ExecuteInput) {
    this.#text = text;
    this.#root = root;
    this.#functions = functions;
    this.#isStrict = context.missingKey !== "no-value";
    this.#budget = budget;
  }

  /** The value of a pipeline, which its variables take too. */
  pipeline(pipeline: Pipeline, dot: GoValue, scope: TemplateVariables): GoValue {
    let value: GoValue | undefined;
    for (const command of pipeline.commands) value = this.#command({ command, piped: value, dot, scope });
    const result = value ?? null;
    for (const name of pipeline.variables) {
      if (pipeline.isAssignment) scope.assign(name, result);
      else scope.declare(name, result);
    }
    return result;
  }

  #command(call: Call): GoValue {
    const { first, args } = call.command;
    if (first.kind === "function") return this.#call(first, call);
    if (args.length > 0 || call.piped !== undefined) {
      throw this.#error(`${this.#sourceOf(first)} is not a function, it takes no arguments`, first.offset);
    }
    if (first.kind === "nil") throw this.#error("nil alone has no value", first.offset);
    return this.#operand(first, call);
  }

  #operand(operand: Operand, call: Pick<Call, "dot" | "scope">): GoValue {
    switch (operand.kind) {
      case "literal":
        return operand.value;
      case "nil":
        return null;
      case "dot":
        return call.dot;
      case "field":
        return this.#walk(call.dot, operand);
      case "variable":
        return this.#walk(call.scope.read(operand.name), operand);
      case "chain":
        return this.#walk(this.#operand(operand.of, call), operand);
      case "pipeline":
        return this.pipeline(operand, call.dot, call.scope);
      case "function": {
        const command: Command = { offset: operand.offset, first: operand, args: [] };
        return this.#call(operand, { ...call, command, piped: undefined });
      }
    }
  }

  #walk(start: GoValue, { path, offset }: Operand & { readonly path: readonly string[] }): GoValue {
    let value = start;
    for (const name of path) value = this.#field(value, name, offset);
    return value;
  }

  #field(value: GoValue, name: string, offset: number): GoValue {
    const isStrict = this.#isStrict;
    if (value !== null && isMap(value)) {
      const entry = entryOf(value, name);
      if (entry !== undefined) return entry;
      if (value === this.#root && isStrict) throw this.#unknownField(value, name, offset);
      return null;
    }
    if (value !== null) throw this.#error(`A value of type ${typeName(value)} has no field ${name}`, offset);
    if (isStrict) throw this.#error(`There is no ${name} in nothing`, offset);
    return null;
  }

  #unknownField(data: GoMap, name: string, offset: number): InterpolationError {
    const known = Object.keys(data).map((key) => `{{.${key}}}`);
    const hint = known.length === 0 ? "No value of the build is known here." : `Known here: ${known.join(", ")}.`;
    return this.#error(`There is no value {{.${name}}} here`, offset, hint);
  }

  #call(operand: Operand & { readonly kind: "function" }, call: Call): GoValue {
    const { name } = operand;
    const fn = this.#functions.get(name);
    if (fn === undefined) throw this.#error(`There is no function "${name}"`, operand.offset);
    if (name === "and" || name === "or") return this.#shortCircuit(name, call);
    this.#checkCount(name, fn, call);
    const args = call.command.args.map((arg, index) => this.#argument(arg, parameterType(fn, index), call));
    if (call.piped !== undefined) args.push(this.#check(call.piped, parameterType(fn, args.length), operand.offset));
    this.#pay(operand.offset, args);
    const result = this.#invoke(name, fn, args, call.command.offset);
    this.#pay(operand.offset, [result]);
    return result;
  }

  #invoke(name: string, fn: TemplateFunction, args: readonly GoValue[], offset: number): GoValue {
    try {
      return fn.call(...args);
    } catch (error) {
      const hint = error instanceof InterpolationError ? error.hint : undefined;
      throw this.#error(`${name} failed: ${messageOf(error)}`, offset, hint);
    }
  }

  /** `and` and `or` stop at the first argument that decides, and give that argument. */
  #shortCircuit(name: "and" | "or", call: Call): GoValue {
    let value: GoValue | undefined;
    for (const arg of call.command.args) {
      value = this.#operand(arg, call);
      if (isTrue(value) === (name === "or")) return value;
    }
    const result = call.piped === undefined ? value : call.piped;
    if (result === undefined) throw this.#error(`${name} needs at least 1 argument`, call.command.offset);
    return result;
  }

  #checkCount(name: string, fn: TemplateFunction, { command, piped }: Call): void {
    const given = command.args.length + (piped === undefined ? 0 : 1);
    const needed = fn.params.length;
    if (given === needed || (given > needed && fn.rest !== undefined)) return;
    const atLeast = fn.rest === undefined ? "" : "at least ";
    const noun = needed === 1 ? "argument" : "arguments";
    throw this.#error(`${name} needs ${atLeast}${needed} ${noun}, it has ${given}`, command.offset);
  }

  #argument(operand: Operand, type: ParameterType, call: Call): GoValue {
    const value = this.#operand(operand, call);
    // A literal takes the type it is needed as: 1e3 is a float, and an int where an int is asked for.
    const isWholeLiteral = operand.kind === "literal" && typeof value === "number" && Number.isSafeInteger(value);
    return this.#check(type === "int" && isWholeLiteral ? BigInt(value) : value, type, operand.offset);
  }

  #check(value: GoValue, type: ParameterType, offset: number): GoValue {
    const isRight = type === "any" || (type === "string" ? typeof value === "string" : typeof value === "bigint");
    if (isRight) return value;
    const given = value === null ? "nothing" : `a value of type ${typeName(value)}`;
    throw this.#error(`Expected a value of type ${type}, not ${given}`, offset);
  }

  #pay(offset: number, values: readonly GoValue[]): void {
    const characters = values.reduce<number>((sum, value) => sum + sizeOf(value), 0);
    if (!this.#budget.spend(characters)) throw this.#error("The template does too much, or does not end", offset);
  }

  #sourceOf(operand: Operand): string {
    if (operand.kind === "literal") return operand.source;
    if (operand.kind === "field") return `.${operand.path.join(".")}`;
    if (operand.kind === "variable") return [operand.name, ...operand.path].join(".");
    return operand.kind === "dot" ? '"."' : "This";
  }

  #error(message: string, offset: number, hint?: string): InterpolationError {
    return new InterpolationError(message, { text: this.#text, offset, hint });
  }
}

function parameterType(fn: TemplateFunction, index: number): ParameterType {
  return fn.params[index] ?? fn.rest ?? "any";
}

function sizeOf(value: GoValue): number {
  if (typeof value === "string" || Array.isArray(value)) return value.length;
  return 0;
}
