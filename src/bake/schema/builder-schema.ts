import { configJsonSchema } from "../../config/json-schema.ts";
import { type Dialect, extraProperties, type JsonSchema, loosen } from "./loosen.ts";

/** The options of the builder as properties. What Packer passes by itself is none of a template's. */
export function builderProperties(dialect: Dialect): Record<string, JsonSchema> {
  const { properties = {} } = configJsonSchema();
  const written = Object.entries(properties).filter(([name]) => !name.startsWith("packer_"));
  const loose = written.map(
    ([name, schema]) => [name, typeof schema === "boolean" ? {} : loosen(name, schema, dialect)] as const,
  );
  return { ...Object.fromEntries(loose), ...extraProperties(dialect) };
}
