import type { z } from "zod";

/** A JSON Schema, or a part of one. */
export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** How templates are written into values, and how loosely values are read: in `.pkr.json`, or in the JSON of before HCL2. */
export interface Dialect {
  /** Matches a text that has a template in it: `${...}`, or `{{...}}`. */
  readonly template: string;
  /** Whether one value stands for a list of one, or a text for what its commas separate. */
  readonly hasLooseLists: boolean;
  /** Whether properties named `//` are comments. */
  readonly hasComments: boolean;
  readonly shared: SharedSchemas;
}

/** `${` and `%{`, in texts of `.pkr.json`. */
export function hclJson(): Dialect {
  return { template: "[$%]\\{", hasLooseLists: false, hasComments: true, shared: new SharedSchemas() };
}

/** `{{`, in texts of JSON templates of before HCL2. */
export function legacyJson(): Dialect {
  return { template: "\\{\\{", hasLooseLists: true, hasComments: false, shared: new SharedSchemas() };
}

/** The parts of a schema that stand in several places: each is written once, and referred to. */
export class SharedSchemas {
  readonly #names = new Map<string, string>();
  readonly #definitions: Record<string, JsonSchema> = {};

  /** @param name As it is called, with a number behind it if another is called so */
  share(name: string, schema: JsonSchema): JsonSchema {
    const text = JSON.stringify(schema);
    const known = this.#names.get(text);
    if (known !== undefined) return { $ref: `#/$defs/${known}` };
    let free = name;
    for (let number = 2; Object.hasOwn(this.#definitions, free); number++) free = `${name}-${number}`;
    this.#names.set(text, free);
    this.#definitions[free] = schema;
    return { $ref: `#/$defs/${free}` };
  }

  /** What `$defs` of the whole is. */
  get definitions(): Readonly<Record<string, JsonSchema>> {
    return this.#definitions;
  }
}

/** The schema of an option as a template may write it: any value may be a template, a number a text, a text a number. */
export function loosen(name: string, schema: JsonSchema, dialect: Dialect): JsonSchema {
  const { description, default: initial, ...rest } = schema;
  const about = {
    ...(description !== undefined && { description }),
    ...(initial !== undefined && { default: initial }),
  };
  const loose = looseType(name, rest, dialect);
  return { ...about, ...(JSON.stringify(loose).length > SHORT ? dialect.shared.share(name, loose) : loose) };
}

/** Shorter schemas are not worth a reference. */
const SHORT = 120;

function looseType(name: string, schema: JsonSchema, dialect: Dialect): JsonSchema {
  const template = { type: "string", pattern: dialect.template } as const;
  if (schema.anyOf)
    return { anyOf: [...schema.anyOf.map((each) => looseType(name, asSchema(each), dialect)), { type: "null" }] };
  switch (schema.type) {
    case "integer":
    case "number":
      return oneOfThese(schema, { type: "string", pattern: `^\\s*-?\\d+(\\.\\d+)?\\s*$|${dialect.template}` });
    case "boolean":
      return oneOfThese(
        schema,
        { type: "string", pattern: `^(true|false|1|0|)$|${dialect.template}` },
        ...number(dialect),
      );
    case "string":
      if (schema.enum || schema.pattern)
        return oneOfThese(schema, template, ...(schema.pattern ? [{ type: "number" } as const] : []));
      return { anyOf: [{ type: "string" }, { type: "number" }, { type: "boolean" }, { type: "null" }] };
    case "array":
      return looseList(name, schema, dialect);
    case "object":
      return schema.properties ? looseBlock(name, schema, dialect) : looseMap(name, schema, dialect);
    default:
      return {};
  }
}

/** JSON templates of before HCL2 take 1 for true. */
function number({ hasLooseLists }: Dialect): readonly JsonSchema[] {
  return hasLooseLists ? [{ type: "number" }] : [];
}

function oneOfThese(...schemas: readonly JsonSchema[]): JsonSchema {
  return { anyOf: [...schemas, { type: "null" }] };
}

function looseList(name: string, schema: JsonSchema, dialect: Dialect): JsonSchema {
  const { items: element } = schema;
  const items = element === undefined || Array.isArray(element) ? {} : looseType(name, asSchema(element), dialect);
  // A list of three texts: a mount.
  const list = {
    type: "array",
    items: schema.prefixItems ? looseType(name, { type: "string" }, dialect) : items,
  } as const;
  const isBlock = typeof element === "object" && !Array.isArray(element) && element.properties !== undefined;
  const one = isBlock || dialect.hasLooseLists ? [items] : [];
  return oneOfThese(list, { type: "string", pattern: dialect.hasLooseLists ? "" : dialect.template }, ...one);
}

function looseMap(name: string, schema: JsonSchema, dialect: Dialect): JsonSchema {
  const values = schema.additionalProperties;
  const map = {
    type: "object",
    additionalProperties: values === undefined ? {} : looseType(name, asSchema(values), dialect),
  } as const;
  // Of several objects the last one wins, as mapstructure has it.
  const several = dialect.hasLooseLists ? [{ type: "array", items: map } as const] : [];
  return oneOfThese(map, { type: "string", pattern: dialect.template }, ...several);
}

/** A block: an object, or a list of them. */
function looseBlock(name: string, schema: JsonSchema, dialect: Dialect): JsonSchema {
  const properties = Object.entries(schema.properties ?? {}).map(
    ([option, each]) => [option, loosen(option, asSchema(each), dialect)] as const,
  );
  const body: JsonSchema = {
    type: "object",
    properties: { ...Object.fromEntries(properties), ...extraProperties(dialect) },
    additionalProperties: false,
  };
  const shared = dialect.shared.share(`${name}-block`, body);
  return oneOfThese(shared, { type: "array", items: shared });
}

/** What any body may have in this dialect. */
export function extraProperties({ hasComments }: Dialect): Readonly<Record<string, JsonSchema>> {
  return hasComments ? { "//": {}, dynamic: { anyOf: [{ type: "object" }, { type: "array" }] } } : {};
}

function asSchema(schema: boolean | JsonSchema): JsonSchema {
  return typeof schema === "boolean" ? {} : schema;
}
