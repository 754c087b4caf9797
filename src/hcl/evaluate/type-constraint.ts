import { suggestName } from "../../common/suggest-name.ts";
import type { Diagnostics } from "../source/diagnostic.ts";
import { SourceFile, spanText } from "../source/source-file.ts";
import { literalText } from "../syntax/literal-text.ts";
import { parseExpressionText } from "../syntax/parse.ts";
import type { CallExpression, Expression } from "../syntax/syntax.ts";
import { convert } from "../values/convert.ts";
import { boolType, dynamicType, numberType, objectType, stringType, type Type, tupleType } from "../values/type.ts";
import { haveSameType, listValue, mapValue, objectValue, setValue, tupleValue, type Value } from "../values/value.ts";

/** What `type = ...` says: a type, and the defaults of its optional attributes. */
export interface TypeConstraint {
  readonly type: Type;
  readonly defaults: TypeDefaults | undefined;
}

/** Defaults of optional attributes, in the shape of the type that has them. */
export interface TypeDefaults {
  /** Of an object: the values of attributes that are not set. */
  readonly values: ReadonlyMap<string, Value>;
  /** Of what is inside: by attribute or index, or under `""` for every element of a collection. */
  readonly children: ReadonlyMap<string, TypeDefaults>;
}

/** An attribute's constraint with its default value. */
interface OptionalConstraint extends TypeConstraint {
  readonly value?: Value;
}

const KEYWORDS: ReadonlyMap<string, Type> = new Map<string, Type>([
  ["string", stringType],
  ["number", numberType],
  ["bool", boolType],
  ["any", dynamicType],
]);
const COLLECTIONS = ["list", "set", "map"];
const CONSTRUCTORS = [...COLLECTIONS, "object", "tuple"];

/**
 * Reads a type constraint: `string`, `list(number)`, `object({ name = string, size = optional(number, 10) })`.
 * Undefined when it is none, which has been reported.
 *
 * @param evaluateDefault Gives the value of a default, which must be a constant
 * @see hashicorp/hcl, ext/typeexpr
 */
export function readTypeConstraint(
  expression: Expression,
  evaluateDefault: (expression: Expression) => Value,
  diagnostics: Diagnostics,
): TypeConstraint | undefined {
  const reader = new ConstraintReader(evaluateDefault, diagnostics);
  return reader.read(isJsonText(expression) ? unquote(expression, diagnostics) : expression);
}

function isJsonText(expression: Expression): boolean {
  return expression.kind === "template" && expression.isJson === true;
}

/** In JSON the constraint stands in quotes. */
function unquote(expression: Expression, diagnostics: Diagnostics): Expression {
  const text = literalText(expression);
  if (text === undefined) return expression;
  const { source, start, end } = expression.span;
  const isVerbatim = source.text.slice(start + 1, end - 1) === text;
  const inner = new SourceFile(
    source.name,
    isVerbatim ? source.text.slice(0, start + 1).replace(/[^\n]/g, " ") + text : text,
  );
  return parseExpressionText(inner, diagnostics) ?? expression;
}

class ConstraintReader {
  readonly #evaluateDefault: (expression: Expression) => Value;
  readonly #diagnostics: Diagnostics;

  constructor(evaluateDefault: (expression: Expression) => Value, diagnostics: Diagnostics) {
    this.#evaluateDefault = evaluateDefault;
    this.#diagnostics = diagnostics;
  }

  read(expression: Expression): TypeConstraint | undefined {
    if (expression.kind === "variable") {
      const type = KEYWORDS.get(expression.name);
      if (type) return { type, defaults: undefined };
      return this.#fail(expression, adviceForWord(expression.name));
    }
    if (literalText(expression) !== undefined) {
      return this.#fail(expression, "A type is written without quotes, except in JSON.");
    }
    if (expression.kind === "call") return this.#constructed(expression);
    return this.#fail(expression, "A type is a word such as string, or a type constructor such as list(string).");
  }

  #constructed(call: CallExpression): TypeConstraint | undefined {
    const [inner, ...others] = call.args;
    if (call.name === "optional") return this.#fail(call, "Only attributes of an object can be optional.");
    if (!CONSTRUCTORS.includes(call.name)) {
      return this.#fail(call, `"${call.name}" is not a type constructor.${suggestName(call.name, CONSTRUCTORS)}`);
    }
    if (!inner || others.length > 0) return this.#fail(call, `${call.name}() takes one argument.`);
    if (call.name === "object") return this.#object(inner);
    if (call.name === "tuple") return this.#tuple(inner);
    const element = this.read(inner);
    if (!element) return undefined;
    const kind = call.name === "map" ? "map" : call.name === "set" ? "set" : "list";
    return { type: { kind, element: element.type }, defaults: makeDefaults([], [["", element.defaults]]) };
  }

  #object(expression: Expression): TypeConstraint | undefined {
    if (expression.kind !== "object")
      return this.#fail(expression, "object() takes the attributes and their types: object({ name = string }).");
    const attributes: (readonly [string, Type])[] = [];
    const optional: string[] = [];
    const values: (readonly [string, Value])[] = [];
    const children: (readonly [string, TypeDefaults | undefined])[] = [];
    let isGood = true;
    for (const { key, value } of expression.items) {
      const name = key.kind === "variable" ? key.name : literalText(key);
      const isOptional = value.kind === "call" && value.name === "optional";
      const attribute: OptionalConstraint | undefined = isOptional ? this.#optional(value) : this.read(value);
      if (name === undefined || !attribute) {
        if (name === undefined) this.#fail(key, "The name of an attribute is required here.");
        isGood = false;
        continue;
      }
      attributes.push([name, attribute.type]);
      if (isOptional) optional.push(name);
      if (attribute.value) values.push([name, attribute.value]);
      children.push([name, attribute.defaults]);
    }
    return isGood ? { type: objectType(attributes, optional), defaults: makeDefaults(values, children) } : undefined;
  }

  /** `optional(type)` and `optional(type, default)` */
  #optional(call: CallExpression): OptionalConstraint | undefined {
    const [typeExpression, defaultExpression, ...others] = call.args;
    if (!typeExpression || others.length > 0) {
      this.#fail(call, "optional() takes a type and perhaps a default value.");
      return undefined;
    }
    const constraint = this.read(typeExpression);
    if (!constraint || !defaultExpression) return constraint;
    const given = applyDefaults(this.#evaluateDefault(defaultExpression), constraint.defaults);
    try {
      return { ...constraint, value: convert(given, constraint.type) };
    } catch (error) {
      const reason = error instanceof Error ? error.message : "";
      this.#diagnostics.error(
        "Invalid default value for optional attribute",
        `It does not fit the type: ${reason}.`,
        defaultExpression.span,
      );
      return undefined;
    }
  }

  #tuple(expression: Expression): TypeConstraint | undefined {
    if (expression.kind !== "tuple")
      return this.#fail(expression, "tuple() takes the types of its elements: tuple([string, number]).");
    const elements = expression.elements.map((element) => this.read(element));
    const known = elements.filter((element) => element !== undefined);
    if (known.length < elements.length) return undefined;
    const children = known.map(({ defaults }, index) => [`${index}`, defaults] as const);
    return { type: tupleType(known.map(({ type }) => type)), defaults: makeDefaults([], children) };
  }

  #fail(expression: Expression, detail: string): undefined {
    this.#diagnostics.error(
      "Invalid type specification",
      `"${spanText(expression.span)}" cannot be used here. ${detail}`,
      expression.span,
    );
    return undefined;
  }
}

function adviceForWord(word: string): string {
  if (COLLECTIONS.includes(word))
    return `"${word}" needs the type of its elements in parentheses: ${word}(string), ${word}(any).`;
  if (CONSTRUCTORS.includes(word)) return `"${word}" needs the types of its parts in parentheses.`;
  return `"${word}" is not a type.${suggestName(word, [...KEYWORDS.keys(), ...CONSTRUCTORS])}`;
}

function makeDefaults(
  values: readonly (readonly [string, Value])[],
  children: readonly (readonly [string, TypeDefaults | undefined])[],
): TypeDefaults | undefined {
  const known = children.filter((child): child is readonly [string, TypeDefaults] => child[1] !== undefined);
  return values.length + known.length === 0 ? undefined : { values: new Map(values), children: new Map(known) };
}

/** The value with optional attributes that are missing, or null, set to their defaults; before it is converted. */
export function applyDefaults(value: Value, defaults: TypeDefaults | undefined): Value {
  if (!defaults || !value.isContainer) return value;
  const result = applyKnown(value, defaults);
  return value.isSensitive ? result.withSensitive() : result;
}

function applyKnown(value: Value, defaults: TypeDefaults): Value {
  const child = (key: string) => defaults.children.get(key) ?? defaults.children.get("");
  const { kind } = value.type;
  if (kind === "object" || kind === "map") {
    const given = new Map([...value.asMap()].map(([key, inner]) => [key, applyDefaults(inner, child(key))]));
    for (const [key, inner] of defaults.values) {
      if (given.get(key)?.isNull ?? true) given.set(key, inner);
    }
    // Elements of a map whose defaults make them differ in type are an object until they are converted.
    const isMap = kind === "map" && defaults.values.size === 0 && haveSameType([...given.values()]);
    return isMap && given.size > 0 ? mapValue(given) : given.size === 0 ? value : objectValue(given);
  }
  const elements = value.elements().map((element, index) => applyDefaults(element, child(`${index}`)));
  if (kind === "tuple" || elements.length === 0 || !haveSameType(elements))
    return elements.length === 0 ? value : tupleValue(elements);
  return kind === "set" ? setValue(elements) : listValue(elements);
}
