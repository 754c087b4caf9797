import { BUILDER_TYPE } from "../builder-type.ts";
import { builderProperties } from "./builder-schema.ts";
import { type ComponentKind, componentProperties } from "./component-schema.ts";
import { type Dialect, type JsonSchema, legacyJson } from "./loosen.ts";

const text: JsonSchema = { type: "string" };
const label: JsonSchema = { anyOf: [text, { type: "number" }, { type: "boolean" }] };

/** A whole JSON template of before HCL2 as a JSON Schema (draft 2020-12). */
export function legacyJsonSchema(): JsonSchema {
  const dialect = legacyJson();
  const own = {
    provisioner: components("provisioner", dialect),
    postProcessor: components("post-processor", dialect),
  };
  const root: Record<string, JsonSchema> = {
    description: text,
    min_packer_version: text,
    variables: {
      type: "object",
      additionalProperties: { anyOf: [text, { type: "number" }, { type: "boolean" }, { type: "null" }] },
    },
    "sensitive-variables": { type: "array", items: text },
    builders: {
      type: "array",
      items: typed(new Map([[BUILDER_TYPE, { ...builderProperties(dialect), name: label }]])),
    },
    provisioners: { type: "array", items: { $ref: "#/$defs/provisioner" } },
    "error-cleanup-provisioner": { $ref: "#/$defs/provisioner" },
    "post-processors": {
      type: "array",
      items: { anyOf: [...postProcessor(), { type: "array", items: { anyOf: postProcessor() } }] },
    },
    push: {},
  };
  const anyCase = Object.entries(root).map(([name, schema]) => [caseless(name), schema] as const);
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "JSON template of before HCL2, built by outscale-chroot",
    type: "object",
    properties: root,
    patternProperties: { "^_": text, ...Object.fromEntries(anyCase) },
    additionalProperties: false,
    $defs: { ...dialect.shared.definitions, ...own },
  };
}

/** By its type alone, or with options. */
function postProcessor(): JsonSchema[] {
  return [text, { $ref: "#/$defs/postProcessor" }];
}

function components(kind: ComponentKind, dialect: Dialect): JsonSchema {
  return typed(componentProperties(kind, dialect));
}

/** An object whose `type` says what else it may have; of types that others have, nothing is known. */
function typed(known: ReadonlyMap<string, Readonly<Record<string, JsonSchema>>>): JsonSchema {
  const rules = [...known].map(([type, properties]) => ({
    if: { type: "object", properties: { type: { const: type } }, required: ["type"] },
    // biome-ignore lint/suspicious/noThenProperty: it is a keyword of JSON Schema
    then: { type: "object", properties: { type: text, ...properties }, additionalProperties: false },
  }));
  return { type: "object", properties: { type: label }, required: ["type"], allOf: rules as JsonSchema[] };
}

/** Root keys may be in any case, as Packer's reader does not mind it. */
function caseless(name: string): string {
  return `^${name.replace(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`)}$`;
}
