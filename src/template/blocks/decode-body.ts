import type { AttributeType } from "../../definition/attribute-type.ts";
import { pathsAround } from "../../definition/option-path.ts";
import type { RawConfig, RawValue } from "../../definition/raw-value.ts";
import { evaluate } from "../../hcl/evaluate/evaluate.ts";
import type { VariableScope } from "../../hcl/evaluate/variable-scope.ts";
import type { Diagnostics } from "../../hcl/source/diagnostic.ts";
import type { Span } from "../../hcl/source/source-file.ts";
import { reportDuplicate, unpackBlocks } from "../../hcl/syntax/body-content.ts";
import { literalText } from "../../hcl/syntax/literal-text.ts";
import type { Attribute, Block, Body, Expression } from "../../hcl/syntax/syntax.ts";
import { ConversionError, convert } from "../../hcl/values/convert.ts";
import { unknownValue, type Value } from "../../hcl/values/value.ts";
import { sensitivePaths, toRawValue } from "../raw-from-value.ts";
import { attributeTypeName, typeOfAttribute } from "./attribute-type.ts";
import { expandBlocks, type ScopedBlock } from "./dynamic-blocks.ts";

/**
 * How an option is written: as an argument, whose value is converted to its type if it has one, or as a block, alone or
 * repeated, with options of its own.
 */
export type OptionShape =
  | { readonly kind: "attribute"; readonly type?: AttributeType; readonly isLoose?: boolean }
  | { readonly kind: "block"; readonly repeated: boolean; readonly body: BodyShape };
/** How the options of a body are written. Options that are not in it are taken as they come. */
export type BodyShape = Readonly<Record<string, OptionShape>>;

export interface DecodedBody {
  readonly config: RawConfig;
  /** The paths of options whose values are sensitive. */
  readonly sensitive: ReadonlySet<string>;
  /** Where each option stands, by its path: `tag[0].key`. */
  readonly places: ReadonlyMap<string, Span>;
}

/**
 * The options of a body as plain data: arguments by their values, blocks as lists of objects, or as one object where the
 * shape says that there is one.
 *
 * @param bodies Several are one: the later ones add to the first, but may not set what is set
 * @param unknown Whether a value that is not known is refused, or read again `later`
 */
export function decodeBody(
  bodies: readonly ScopedBody[],
  shape: BodyShape,
  diagnostics: Diagnostics,
  unknown: "refused" | "later" = "refused",
): DecodedBody {
  const decoder = new BodyDecoder(diagnostics, unknown);
  const config = decoder.decode(bodies, shape, "");
  return { config, sensitive: decoder.sensitive, places: decoder.places };
}

/** A body with the names that its expressions can use. */
export interface ScopedBody {
  readonly body: Body;
  readonly scope: VariableScope;
}

class BodyDecoder {
  readonly places = new Map<string, Span>();
  readonly sensitive = new Set<string>();
  readonly #diagnostics: Diagnostics;
  readonly #unknown: "refused" | "later";

  constructor(diagnostics: Diagnostics, unknown: "refused" | "later") {
    this.#diagnostics = diagnostics;
    this.#unknown = unknown;
  }

  decode(bodies: readonly ScopedBody[], shape: BodyShape, prefix: string): RawConfig {
    const config = new Map<string, RawValue>();
    const blocks: ScopedBlock[] = [];
    for (const { body, scope } of bodies) {
      for (const attribute of body.attributes) {
        if (isBlockProperty(attribute, body, shape)) {
          blocks.push(...expandBlocks(this.#unpack(attribute), scope, this.#diagnostics, this.#unknown));
        } else this.#attribute(attribute, scope, shape, config, prefix);
      }
      blocks.push(...expandBlocks(body.blocks, scope, this.#diagnostics, this.#unknown));
    }
    for (const [type, group] of groupByType(blocks)) this.#blocks(type, group, shape[type], config, prefix);
    return Object.fromEntries(config);
  }

  #unpack(attribute: Attribute): readonly Block[] {
    return unpackBlocks(attribute, attribute.name === "dynamic" ? ["block type"] : [], this.#diagnostics);
  }

  #attribute(
    attribute: Attribute,
    scope: VariableScope,
    shape: BodyShape,
    config: Map<string, RawValue>,
    prefix: string,
  ): void {
    const { name, nameSpan, value: expression } = attribute;
    if (shape[name]?.kind === "block") {
      const detail = `"${name}" is a block: write "${name} { ... }", without the equals sign.`;
      this.#diagnostics.error("Unsupported argument", detail, nameSpan);
      return;
    }
    reportDuplicate(attribute, this.#diagnostics);
    if (config.has(name)) {
      this.#diagnostics.error("Duplicate argument", `"${name}" is already set in the source.`, nameSpan);
      return;
    }
    this.#rememberPlaces(`${prefix}${name}`, expression, nameSpan);
    const value = this.#evaluate(attribute, scope, shape[name]);
    for (const path of sensitivePaths(value, `${prefix}${name}`)) this.sensitive.add(path);
    const raw = toRawValue(value);
    // Null means not set.
    if (raw !== null) config.set(name, raw);
  }

  #evaluate(attribute: Attribute, scope: VariableScope, shape: OptionShape | undefined): Value {
    const { name, value: expression } = attribute;
    const before = this.#diagnostics.errorCount;
    const value = this.#convert(evaluate(expression, scope, this.#diagnostics), attribute, shape);
    if (this.#unknown === "refused" && this.#diagnostics.errorCount === before && !value.isWhollyKnown) {
      this.#diagnostics.unknown(`What "${name}" is, is not known.`, expression.span);
    }
    return value;
  }

  /** A value that does not have its type, and cannot be converted to it, is reported. */
  #convert(value: Value, { name, value: expression }: Attribute, shape: OptionShape | undefined): Value {
    if (shape?.kind !== "attribute" || shape.type === undefined || shape.isLoose) return value;
    try {
      const converted = convert(value, typeOfAttribute(shape.type));
      if (holdsNull(converted)) throw new ConversionError("null is no element of it");
      return converted;
    } catch (error) {
      if (!(error instanceof ConversionError)) throw error;
      const reason = value.containsSensitive ? error.reason : error.message;
      const detail = `Inappropriate value for "${name}", which is a ${attributeTypeName(shape.type)}: ${reason}.`;
      this.#diagnostics.error("Incorrect attribute value type", detail, expression.span);
      return unknownValue();
    }
  }

  #blocks(
    type: string,
    group: readonly ScopedBlock[],
    shape: OptionShape | undefined,
    config: Map<string, RawValue>,
    prefix: string,
  ): void {
    for (const { block } of group) this.#checkBlock(block, shape, config.has(type));
    const isSingle = shape?.kind === "block" && !shape.repeated;
    const bodyShape = shape?.kind === "block" ? shape.body : {};
    if (isSingle && group[1]) {
      const detail = `Only one block "${type}" is allowed; this is another one.`;
      this.#diagnostics.error(`Duplicate ${type} block`, detail, group[1].block.headerSpan);
    }
    const bodies = group.map(({ block, scope }, index) => {
      const path = isSingle ? `${prefix}${type}` : `${prefix}${type}[${index}]`;
      this.places.set(path, block.headerSpan);
      return this.decode([{ body: block.body, scope }], bodyShape, `${path}.`);
    });
    const [first] = group;
    if (first) this.places.set(`${prefix}${type}`, first.block.headerSpan);
    if (!config.has(type)) config.set(type, isSingle ? (bodies[0] ?? {}) : bodies);
  }

  #checkBlock({ type, typeSpan, labels }: Block, shape: OptionShape | undefined, isArgumentToo: boolean): void {
    if (shape?.kind === "attribute") {
      this.#diagnostics.error("Unsupported block type", `"${type}" is an argument: write "${type} = ...".`, typeSpan);
    } else if (isArgumentToo) {
      this.#diagnostics.error("Duplicate argument", `"${type}" is both an argument and a block here.`, typeSpan);
    }
    if (labels[0]) {
      this.#diagnostics.error(
        `Extraneous label for ${type}`,
        `Blocks of type "${type}" have no labels.`,
        labels[0].span,
      );
    }
  }

  /** Remembers where an argument stands, and as far as its text tells, the parts of its value. */
  #rememberPlaces(path: string, expression: Expression, span: Span): void {
    this.places.set(path, span);
    if (expression.kind === "tuple") {
      expression.elements.forEach((element, index) => {
        this.#rememberPlaces(`${path}[${index}]`, element, element.span);
      });
    }
    if (expression.kind !== "object") return;
    for (const { key, value } of expression.items) {
      const name = key.kind === "variable" ? key.name : literalText(key);
      if (name !== undefined) this.#rememberPlaces(`${path}.${name}`, value, key.span);
    }
  }
}

/** Whether a list or map has a null in it, at any depth. */
function holdsNull(value: Value): boolean {
  return value.isContainer && value.elements().some((element) => element.isNull || holdsNull(element));
}

/** In JSON, a shape tells whether a property is a block; `dynamic` always is one. */
function isBlockProperty({ name, value }: Attribute, body: Body, shape: BodyShape): boolean {
  if (!body.isJson) return false;
  return shape[name]?.kind === "block" || (name === "dynamic" && value.kind === "object");
}

function groupByType(blocks: readonly ScopedBlock[]): ReadonlyMap<string, readonly ScopedBlock[]> {
  const groups = new Map<string, ScopedBlock[]>();
  for (const scoped of blocks) {
    const group = groups.get(scoped.block.type);
    if (group) group.push(scoped);
    else groups.set(scoped.block.type, [scoped]);
  }
  return groups;
}

/** The place of an option, or of the closest thing around it that has one. */
export function findPlace(places: ReadonlyMap<string, Span>, optionPath: string): Span | undefined {
  for (const path of pathsAround(optionPath)) {
    const place = places.get(path);
    if (place) return place;
  }
  return undefined;
}
