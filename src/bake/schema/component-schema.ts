import type { AttributeType, AttributeTypes } from "../../definition/attribute-type.ts";
import { postProcessorTypes } from "../../post-processors/registry.ts";
import { provisionerTypes } from "../../provisioners/registry.ts";
import { type Dialect, extraProperties, type JsonSchema, loosen } from "./loosen.ts";

export type ComponentKind = "provisioner" | "post-processor";

const text: JsonSchema = { type: "string" };
const texts: JsonSchema = { type: "array", items: text };
const flag: JsonSchema = { type: "boolean" };

const COMMON: Readonly<Record<ComponentKind, Readonly<Record<string, JsonSchema>>>> = {
  provisioner: {
    only: texts,
    except: texts,
    pause_before: text,
    timeout: text,
    max_retries: { type: "integer" },
  },
  "post-processor": { name: text, only: texts, except: texts, keep_input_artifact: flag },
};

/** The properties of each type of provisioner, or post-processor, with those that all have. */
export function componentProperties(
  kind: ComponentKind,
  dialect: Dialect,
): ReadonlyMap<string, Record<string, JsonSchema>> {
  const types = kind === "provisioner" ? provisionerTypes : postProcessorTypes;
  return new Map(
    [...types].map(([type, { hclTypes }]) => {
      const own = { ...COMMON[kind], ...schemasOf(hclTypes) };
      const loose = Object.entries(own).map(([name, schema]) => [name, loosen(name, schema, dialect)] as const);
      const override = kind === "provisioner" ? { override: { type: "object" } as const } : {};
      return [type, { ...Object.fromEntries(loose), ...override, ...extraProperties(dialect) }];
    }),
  );
}

function schemasOf(types: AttributeTypes): Record<string, JsonSchema> {
  return Object.fromEntries(Object.entries(types).map(([name, type]) => [name, schemaOf(type)]));
}

function schemaOf(type: AttributeType): JsonSchema {
  if (type === "string") return text;
  if (type === "bool") return flag;
  if (type === "number") return { type: "number" };
  return "list" in type
    ? { type: "array", items: schemaOf(type.list) }
    : { type: "object", additionalProperties: schemaOf(type.map) };
}
