import { Diagnostics } from "../diagnostic.ts";
import type { Span } from "../source-file.ts";
import { suggestName } from "../suggest-name.ts";
import { AccessError, getAttribute, getIndex, MissingAttributeError } from "./access.ts";
import { ConversionError, convert } from "./convert.ts";
import { involvedValues } from "./describe-value.ts";
import { evaluateCall } from "./evaluate-call.ts";
import { evaluateFor } from "./evaluate-for.ts";
import { applyOperator, negate, not, OperationError, operandType, resultType } from "./operators.ts";
import { lookUpSplatItem, lookUpVariable, type Scope, variableNames } from "./scope.ts";
import type {
  BinaryExpression,
  ConditionalExpression,
  Expression,
  JoinExpression,
  ObjectExpression,
  SplatExpression,
  TemplateExpression,
  UnaryExpression,
  VariableExpression,
} from "./syntax.ts";
import { boolType, numberType, stringType, type Type, typeName } from "./type.ts";
import { unify } from "./unify.ts";
import {
  boolValue,
  elementTypeOf,
  haveSameType,
  listValue,
  objectValue,
  stringValue,
  tupleValue,
  unknownValue,
  type Value,
} from "./value.ts";

/** Parts of expressions that may be evaluated for one value; a template of any sense needs a few thousand. */
const MOST_STEPS = 5_000_000;
/** Characters of one text that a template may make, in UTF-16 units. */
const LONGEST_TEXT = 2 ** 26;

/** Levels of a result; the values that hold all variables add a few to them. */
const DEEPEST_RESULT = 500;

/**
 * The value of an expression. Problems are reported and evaluation goes on with an unknown value, so that one run finds
 * all of them; it never throws for what a template says.
 */
export function evaluate(expression: Expression, scope: Scope, diagnostics: Diagnostics): Value {
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
  readonly scope: Scope;
  readonly diagnostics: Diagnostics;

  readonly #steps: { count: number };

  constructor(scope: Scope, diagnostics: Diagnostics, steps = { count: 0 }) {
    this.scope = scope;
    this.diagnostics = diagnostics;
    this.#steps = steps;
  }

  /** The same in another scope, or with problems kept apart. */
  with(change: { scope?: Scope; diagnostics?: Diagnostics }): Evaluator {
    return new Evaluator(change.scope ?? this.scope, change.diagnostics ?? this.diagnostics, this.#steps);
  }

  /** @throws {RangeError} when the value is too large */
  evaluate(expression: Expression): Value {
    this.#steps.count++;
    if (this.#steps.count > MOST_STEPS) throw new RangeError(`It has more than ${MOST_STEPS} parts`);
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
        return this.#splat(expression);
      case "splat-item":
        return lookUpSplatItem(this.scope, expression) ?? unknownValue();
      case "call":
        return evaluateCall(this, expression);
      case "conditional":
        return this.#conditional(expression);
      case "binary":
        return this.#binary(expression);
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
      this.report(summary, `${subject}: ${value.isSensitive ? error.reason : error.message}.`, at);
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
    const before = this.diagnostics.errors.length;
    const text = this.convert(value, stringType, part, summary, `The result of ${noun} has no text`);
    return this.diagnostics.errors.length > before ? undefined : text;
  }

  #join({ tuple }: JoinExpression): Value {
    const value = this.evaluate(tuple);
    if (!value.isKnown || value.type.kind !== "tuple") return inheritMark(unknownValue(stringType), [value]);
    const texts = value.elements().map((element) => this.#text(tuple.value, "an iteration", element));
    return inheritMark(joinTexts(texts), [value]);
  }

  #splat(expression: SplatExpression): Value {
    const before = this.diagnostics.errors.length;
    const target = this.evaluate(expression.target);
    if (this.diagnostics.errors.length > before) return unknownValue();
    const isSequence = target.type.kind === "tuple" || target.type.kind === "list" || target.type.kind === "set";
    if (target.isNull) {
      if (!isSequence) return inheritMark(tupleValue([]), [target]);
      this.report("Splat of null value", "A splat cannot be applied to a null sequence.", expression.target);
      return unknownValue();
    }
    if (target.type.kind === "dynamic") return inheritMark(unknownValue(), [target]);
    const evaluateEach = (value: Value) => this.#splatItem(expression, value);
    if (!target.isKnown && isSequence) return inheritMark(unknownSplat(target, evaluateEach), [target]);
    if (!isSequence) {
      // A single value is a list of one; one that may yet turn out to be null, of none.
      const item = evaluateEach(target);
      return inheritMark(target.isKnown ? tupleValue([item]) : unknownValue(), [target]);
    }
    const items = target.elements().map(evaluateEach);
    if (target.type.kind === "tuple") return inheritMark(tupleValue(items), [target]);
    return inheritMark(this.#splatList(expression, target, items, evaluateEach), [target]);
  }

  #splatItem(expression: SplatExpression, value: Value): Value {
    const scope: Scope = {
      variables: new Map(),
      functions: this.scope.functions,
      parent: this.scope,
      splatItem: { expression: expression.item, value },
    };
    return this.with({ scope }).evaluate(expression.each);
  }

  #splatList(
    expression: SplatExpression,
    target: Value,
    items: readonly Value[],
    each: (value: Value) => Value,
  ): Value {
    if (items.length === 0) return listValue([], each(unknownValue(elementTypeOf(target.type))).type);
    if (haveSameType(items)) return listValue(items);
    const detail =
      "The inner splat gives elements of different types, which make no list. Use a 'for' expression instead.";
    this.report("Invalid nested splat expressions", detail, expression);
    return unknownValue();
  }

  #conditional(expression: ConditionalExpression): Value {
    const [whenTrue, trueProblems] = this.#apart(expression.whenTrue);
    const [whenFalse, falseProblems] = this.#apart(expression.whenFalse);
    const type = conditionalType(whenTrue, whenFalse);
    if (type === undefined) {
      const types = `"true" gives ${typeName(whenTrue.type)}, "false" gives ${typeName(whenFalse.type)}`;
      this.report(
        "Inconsistent conditional result types",
        `Both results must have one type, but ${types}.`,
        expression,
      );
      return unknownValue();
    }
    const condition = this.#condition(expression.condition);
    if (!condition) return unknownValue(type);
    const marked = [condition, whenTrue, whenFalse];
    if (!condition.isKnown) return inheritMark(unknownValue(type), marked);
    const isTrue = condition.asBool();
    this.diagnostics.addAll((isTrue ? trueProblems : falseProblems).all);
    const chosen = isTrue ? expression.whenTrue : expression.whenFalse;
    const value = isTrue ? whenTrue : whenFalse;
    const subject = `The ${isTrue ? "true" : "false"} result has the wrong type`;
    return inheritMark(this.convert(value, type, chosen, "Inconsistent conditional result types", subject), marked);
  }

  #apart(expression: Expression): readonly [Value, Diagnostics] {
    const diagnostics = new Diagnostics();
    return [this.with({ diagnostics }).evaluate(expression), diagnostics];
  }

  /** A condition as a bool; undefined when it is null or no bool, which has been reported. */
  #condition(expression: Expression): Value | undefined {
    const value = this.evaluate(expression);
    if (value.isNull) {
      this.report("Null condition", "The condition is null. It must be true or false.", expression);
      return undefined;
    }
    const summary = "Incorrect condition type";
    const condition = this.convert(value, boolType, expression, summary, "The condition must be true or false");
    return condition;
  }

  #binary(expression: BinaryExpression): Value {
    const { operator } = expression;
    const left = this.#operand(expression, "left");
    const right = this.#operand(expression, "right");
    const decider = left.isFit && right.isFit ? decidingOperand(operator, left, right) : undefined;
    const problems = decider ? decider.problems.all : [...left.problems.all, ...right.problems.all];
    this.diagnostics.addAll(problems);
    const both = [left.value, right.value];
    if (decider?.value.isKnown) return inheritMark(boolValue(operator === "||"), both);
    if (decider || problems.length > 0) return inheritMark(unknownValue(resultType(operator)), both);
    try {
      return applyOperator(operator, left.value, right.value);
    } catch (error) {
      if (!(error instanceof OperationError)) throw error;
      this.report("Operation failed", `"${operator}" has no result: ${error.message}.`, expression);
      return unknownValue(resultType(operator));
    }
  }

  #operand(expression: BinaryExpression, side: "left" | "right"): Operand {
    const problems = new Diagnostics();
    const apart = this.with({ diagnostics: problems });
    const operand = expression[side];
    const given = apart.evaluate(operand);
    const before = problems.errors.length;
    const subject = `Unsuitable value for the ${side} side of "${expression.operator}"`;
    const value = apart.convert(given, operandType(expression.operator), operand, "Invalid operand", subject);
    return { value, problems, isFit: problems.errors.length === before };
  }

  #unary(expression: UnaryExpression): Value {
    const type = expression.operator === "-" ? numberType : boolType;
    const subject = `Unsuitable value for "${expression.operator}"`;
    const operand = this.convert(
      this.evaluate(expression.operand),
      type,
      expression.operand,
      "Invalid operand",
      subject,
    );
    if (operand.isNull) {
      this.report("Operation failed", `"${expression.operator}" has no result: the operand is null.`, expression);
      return unknownValue(type);
    }
    return expression.operator === "-" ? negate(operand) : not(operand);
  }

  #object(expression: ObjectExpression): Value {
    const entries: (readonly [string, Value])[] = [];
    let isComplete = true;
    let isSensitive = false;
    for (const item of expression.items) {
      const key = this.#key(item.key);
      const value = this.evaluate(item.value);
      if (key?.isKnown) entries.push([key.asString(), value]);
      else isComplete = false;
      if (key?.isSensitive) isSensitive = true;
    }
    const result = isComplete ? objectValue(entries) : unknownValue();
    return isSensitive ? result.withSensitive() : result;
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
    const before = this.diagnostics.errors.length;
    const value = this.evaluate(expression);
    if (this.diagnostics.errors.length > before) return undefined;
    if (value.isNull) {
      this.report("Null value as key", "A null value cannot be a key.", expression);
      return undefined;
    }
    const key = this.convert(value, stringType, expression, "Incorrect key type", "This value cannot be a key");
    return this.diagnostics.errors.length > before ? undefined : key;
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

/** One side of an operator, with the problems that its evaluation had. */
interface Operand {
  readonly value: Value;
  readonly problems: Diagnostics;
  /** It has, or may have, the type that the operator needs. */
  readonly isFit: boolean;
}

/**
 * The operand of `&&` or `||` that decides alone, or that must be known first: problems of the other one do not count
 * then, as in `var.x != null && var.x.size > 1`.
 */
function decidingOperand(operator: string, left: Operand, right: Operand): Operand | undefined {
  if (operator !== "&&" && operator !== "||") return undefined;
  // Null counts as false where that decides, as it does in Packer.
  const isDecisive = ({ value }: Operand) => {
    return value.isKnown && (value.isNull ? operator === "&&" : value.asBool() === (operator === "||"));
  };
  if (isDecisive(left)) return left;
  if (isDecisive(right)) return right;
  if (!left.value.isKnown && !left.problems.hasErrors) return left;
  const isRightOpen = !right.value.isKnown && !right.problems.hasErrors;
  return isRightOpen && left.value.isKnown && !left.value.isNull ? right : undefined;
}

/** The type that both branches are converted to; undefined when there is none. */
function conditionalType(whenTrue: Value, whenFalse: Value): Type | undefined {
  const isBareNull = (value: Value) => value.isNull && value.type.kind === "dynamic";
  if (isBareNull(whenTrue)) return whenFalse.type;
  if (isBareNull(whenFalse)) return whenTrue.type;
  if (whenTrue.type.kind === "dynamic") return whenTrue.type;
  if (whenFalse.type.kind === "dynamic") return whenFalse.type;
  return unify([whenTrue.type, whenFalse.type], true);
}

function joinTexts(texts: readonly (Value | undefined)[]): Value {
  const known = texts.filter((text) => text !== undefined);
  const isKnown = known.length === texts.length && known.every((text) => text.isKnown);
  const length = isKnown ? known.reduce((sum, text) => sum + text.asString().length, 0) : 0;
  if (length > LONGEST_TEXT) throw new RangeError(`A text has more than ${LONGEST_TEXT} characters`);
  const result = isKnown ? stringValue(known.map((text) => text.asString()).join("")) : unknownValue(stringType);
  return inheritMark(result, known);
}

/** The result, sensitive when one of the values that it was made from is. */
export function inheritMark(result: Value, from: readonly Value[]): Value {
  return from.some(({ isSensitive }) => isSensitive) ? result.withSensitive() : result;
}

function unknownSplat(target: Value, each: (value: Value) => Value): Value {
  if (target.type.kind !== "tuple") {
    const element = each(unknownValue(elementTypeOf(target.type)));
    return unknownValue({ kind: "list", element: element.type });
  }
  return unknownValue({ kind: "tuple", elements: target.type.elements.map((type) => each(unknownValue(type)).type) });
}
