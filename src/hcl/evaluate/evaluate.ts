import { suggestName } from "../../common/suggest-name.ts";
import type { Diagnostics } from "../source/diagnostic.ts";
import type { Span } from "../source/source-file.ts";
import { literalText } from "../syntax/literal-text.ts";
import type {
  Expression,
  JoinExpression,
  ObjectExpression,
  TemplateExpression,
  UnaryExpression,
  VariableExpression,
} from "../syntax/syntax.ts";
import { ConversionError, convert } from "../values/convert.ts";
import { boolType, numberType, stringType, type Type } from "../values/type.ts";
import { inheritMark, objectValue, stringValue, tupleValue, unknownValue, type Value } from "../values/value.ts";
import { AccessError, getAttribute, getIndex, MissingAttributeError } from "./access.ts";
import { involvedValues } from "./describe-value.ts";
import { evaluateBinary } from "./evaluate-binary.ts";
import { evaluateCall } from "./evaluate-call.ts";
import { evaluateConditional } from "./evaluate-conditional.ts";
import { evaluateFor } from "./evaluate-for.ts";
import { evaluateSplat } from "./evaluate-splat.ts";
import { negate, not } from "./operators.ts";
import { lookUpSplatItem, lookUpVariable, type VariableScope, variableNames } from "./variable-scope.ts";

/** Parts of expressions that may be evaluated for one value; a template of any sense needs a few thousand. */
const MOST_STEPS = 1_000_000;
/** Values in one value: a small text may say the same thing again and again, and whoever looks at it sees each. */
const MOST_PARTS = 2_000_000;
/** Characters of one text that a template may make, in UTF-16 units. */
const LONGEST_TEXT = 2 ** 26;
/** Levels of a result; the values that hold all variables add a few to them. */
const DEEPEST_RESULT = 500;

/**
 * The value of an expression. Problems are reported and evaluation goes on with an unknown value, so that one run finds
 * all of them; it never throws for what a template says.
 */
export function evaluate(expression: Expression, scope: VariableScope, diagnostics: Diagnostics): Value {
  try {
    const value = new Evaluator(scope, diagnostics).evaluate(expression);
    if (value.depth > DEEPEST_RESULT) throw new RangeError(`It has more than ${DEEPEST_RESULT} levels`);
    return value;
  } catch (error) {
    // A value of too many levels, or of more parts than there is memory for.
    if (!(error instanceof RangeError)) throw error;
    diagnostics.error("Expression cannot be evaluated", `Its value is too large. ${error.message}.`, expression.span);
    return unknownValue();
  }
}

/** Evaluates in one scope, and reports into one list. */
export class Evaluator {
  readonly scope: VariableScope;
  readonly diagnostics: Diagnostics;
  /** Counts through all evaluators of one value. */
  readonly #steps: { count: number };

  constructor(scope: VariableScope, diagnostics: Diagnostics, steps = { count: 0 }) {
    this.scope = scope;
    this.diagnostics = diagnostics;
    this.#steps = steps;
  }

  /** The same in another scope, or with problems kept apart. */
  with(change: { scope?: VariableScope; diagnostics?: Diagnostics }): Evaluator {
    return new Evaluator(change.scope ?? this.scope, change.diagnostics ?? this.diagnostics, this.#steps);
  }

  /** @throws {RangeError} when the value is too large */
  evaluate(expression: Expression): Value {
    this.#steps.count++;
    if (this.#steps.count > MOST_STEPS) throw new RangeError(`It has more than ${MOST_STEPS} parts`);
    const value = this.#evaluate(expression);
    // All locals together may be more than one of them.
    const isGiven = expression.kind === "variable" || expression.kind === "attribute";
    if (value.size > MOST_PARTS && !isGiven) throw new RangeError(`It has more than ${MOST_PARTS} parts`);
    return value;
  }

  #evaluate(expression: Expression): Value {
    switch (expression.kind) {
      case "literal":
        return expression.value;
      case "template":
        return this.#template(expression);
      case "wrap":
      case "parentheses":
        return this.evaluate(expression.inner);
      case "variable":
        return this.#variable(expression);
      case "attribute":
        return this.#access(expression, () => getAttribute(this.evaluate(expression.target), expression.name));
      case "index":
        return this.#access(expression, () =>
          getIndex(this.evaluate(expression.target), this.evaluate(expression.key)),
        );
      case "splat":
        return evaluateSplat(this, expression);
      case "splat-item":
        return lookUpSplatItem(this.scope, expression) ?? unknownValue();
      case "call":
        return evaluateCall(this, expression);
      case "conditional":
        return evaluateConditional(this, expression);
      case "binary":
        return evaluateBinary(this, expression);
      case "unary":
        return this.#unary(expression);
      case "tuple":
        return tupleValue(expression.elements.map((element) => this.evaluate(element)));
      case "object":
        return this.#object(expression);
      case "for":
        return evaluateFor(this, expression);
      case "join":
        return this.#join(expression);
    }
  }

  /** Reports a problem at an expression, with the values that it was computed from. */
  report(summary: string, detail: string, expression: Expression, span: Span = expression.span): void {
    this.diagnostics.error(summary, detail, span, involvedValues(expression, this.scope));
  }

  /** Converts what an expression gave, or reports why that is impossible. */
  convert(value: Value, type: Type, at: Expression, summary: string, subject: string): Value {
    try {
      return convert(value, type);
    } catch (error) {
      if (!(error instanceof ConversionError)) throw error;
      // The path into a sensitive value has its keys.
      this.report(summary, `${subject}: ${value.containsSensitive ? error.reason : error.message}.`, at);
      return unknownValue(type);
    }
  }

  #variable(expression: VariableExpression): Value {
    const value = lookUpVariable(this.scope, expression.name);
    if (value) return value;
    const suggestion = suggestName(expression.name, variableNames(this.scope));
    this.report("Unknown variable", `There is no variable named "${expression.name}".${suggestion}`, expression);
    return unknownValue();
  }

  #access(expression: Expression, get: () => Value): Value {
    try {
      return get();
    } catch (error) {
      if (!(error instanceof AccessError)) throw error;
      const noun = error instanceof MissingAttributeError ? declaredThing(expression) : undefined;
      if (noun && error instanceof MissingAttributeError) {
        this.report(`Undeclared ${noun}`, `There is no ${noun} "${error.attribute}".${error.suggestion}`, expression);
      } else this.report(error.summary, error.message, expression);
      return unknownValue();
    }
  }

  #template(expression: TemplateExpression): Value {
    const values = expression.parts.map((part) => this.#text(part, "an interpolation"));
    return joinTexts(values);
  }

  /** The value of a part as a string; undefined when it has none, which has been reported. */
  #text(part: Expression, noun: string, value: Value = this.evaluate(part)): Value | undefined {
    const summary = "Invalid template interpolation value";
    if (value.isNull) {
      this.report(summary, `The result of ${noun} is null, which has no text.`, part);
      return undefined;
    }
    // As in Packer, what is not known yet is not judged by its type.
    if (!value.isKnown) return inheritMark(unknownValue(stringType), [value]);
    const before = this.diagnostics.errorCount;
    const text = this.convert(value, stringType, part, summary, `The result of ${noun} has no text`);
    return this.diagnostics.errorCount > before ? undefined : text;
  }

  #join({ tuple }: JoinExpression): Value {
    const value = this.evaluate(tuple);
    if (!value.isKnown || value.type.kind !== "tuple") return inheritMark(unknownValue(stringType), [value]);
    const texts = value.elements().map((element) => this.#text(tuple.value, "an iteration", element));
    return inheritMark(joinTexts(texts), [value]);
  }

  #unary(expression: UnaryExpression): Value {
    const type = expression.operator === "-" ? numberType : boolType;
    const subject = `Unsuitable value for "${expression.operator}"`;
    const before = this.diagnostics.errorCount;
    const value = this.evaluate(expression.operand);
    const operand = this.convert(value, type, expression.operand, "Invalid operand", subject);
    if (this.diagnostics.errorCount > before) return operand;
    if (operand.isNull) {
      this.report("Operation failed", `"${expression.operator}" has no result: the operand is null.`, expression);
      return unknownValue(type);
    }
    return expression.operator === "-" ? negate(operand) : not(operand);
  }

  #object(expression: ObjectExpression): Value {
    const entries: (readonly [string, Value])[] = [];
    const jsonNames = new Set<string>();
    let isComplete = true;
    let isSensitive = false;
    for (const item of expression.items) {
      const key = this.#key(item.key);
      const value = this.evaluate(item.value);
      this.#checkDuplicate(item.key, jsonNames);
      if (key?.isKnown) entries.push([key.asString(), value]);
      else isComplete = false;
      if (key?.isSensitive) isSensitive = true;
    }
    const result = isComplete ? objectValue(entries) : unknownValue();
    return isSensitive ? result.withSensitive() : result;
  }

  /** In the native syntax the last of equal keys counts; in JSON, as in Packer, there must be one. */
  #checkDuplicate(key: Expression, jsonNames: Set<string>): void {
    const name = key.kind === "template" && key.isJson ? literalText(key) : undefined;
    if (name === undefined) return;
    if (jsonNames.has(name)) this.report("Duplicate object attribute", `"${name}" stands in this object twice.`, key);
    jsonNames.add(name);
  }

  /** A key as a string: a bare name stands for itself. Undefined when it cannot be one, which has been reported. */
  #key(expression: Expression): Value | undefined {
    if (expression.kind === "variable") return stringValue(expression.name);
    if (expression.kind === "literal" && expression.value.isNull) return stringValue("null");
    if (isBareAccess(expression)) {
      const detail = "Put it in parentheses if it is a reference, in quotes if it is a name with points in it.";
      this.report("Ambiguous attribute key", detail, expression);
      return undefined;
    }
    const before = this.diagnostics.errorCount;
    const value = this.evaluate(expression);
    if (this.diagnostics.errorCount > before) return undefined;
    if (value.isNull) {
      this.report("Null value as key", "A null value cannot be a key.", expression);
      return undefined;
    }
    const key = this.convert(value, stringType, expression, "Incorrect key type", "This value cannot be a key");
    return this.diagnostics.errorCount > before ? undefined : key;
  }
}

/** What an attribute of one of Packer's objects is called: `var.x` is a variable. */
function declaredThing(expression: Expression): string | undefined {
  if (expression.kind !== "attribute" || expression.target.kind !== "variable") return undefined;
  return DECLARED_THINGS.get(expression.target.name);
}

const DECLARED_THINGS: ReadonlyMap<string, string> = new Map([
  ["var", "variable"],
  ["local", "local value"],
  ["data", "data source of type"],
  ["build", "build value"],
]);

/** `a.b` or `a[0]`, which as a key might mean a name or a reference. */
function isBareAccess(expression: Expression): boolean {
  let current = expression;
  while (current.kind === "attribute" || (current.kind === "index" && current.key.kind === "literal"))
    current = current.target;
  return current !== expression && current.kind === "variable";
}

/** A part that has no text has been reported, and is left out. */
function joinTexts(texts: readonly (Value | undefined)[]): Value {
  const known = texts.filter((text) => text !== undefined);
  const isKnown = known.every((text) => text.isKnown);
  const length = isKnown ? known.reduce((sum, text) => sum + text.asString().length, 0) : 0;
  if (length > LONGEST_TEXT) throw new RangeError(`A text has more than ${LONGEST_TEXT} characters`);
  if (isKnown) return inheritMark(stringValue(known.map((text) => text.asString()).join("")), known);
  return inheritMark(unknownValue(stringType).notNull(), known);
}
