import { z } from "zod";
import type { CamelCased } from "./build-config.ts";
import { writtenSchema } from "./option.ts";

/** `omi_block_device_mappings` becomes `omiBlockDeviceMappings`. */
function camelName(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/**
 * The output of an object's schema with camelCase keys, its blocks too; keys that the user chooses, such as those of
 * tags, stay. Every key of the schema is there, undefined if it has no value.
 */
export function camelCased<Shape extends z.ZodRawShape>(
  shape: Shape,
  value: z.output<z.ZodObject<Shape>>,
): CamelCased<z.output<z.ZodObject<Shape>>> {
  return camelCasedBlock(shape, value) as CamelCased<z.output<z.ZodObject<Shape>>>;
}

function camelCasedBlock(shape: z.core.$ZodShape, value: object): unknown {
  const values = new Map<string, unknown>(Object.entries(value));
  return Object.fromEntries(
    Object.entries(shape).map(([name, schema]) => [camelName(name), camelCasedValue(schema, values.get(name))]),
  );
}

function camelCasedValue(schema: z.core.$ZodType, value: unknown): unknown {
  const written = writtenSchema(schema);
  if (Array.isArray(value) && written instanceof z.ZodArray) {
    return value.map((item) => camelCasedValue(written.element, item));
  }
  if (typeof value !== "object" || value === null || !(written instanceof z.ZodObject)) return value;
  return camelCasedBlock(written.shape, value);
}
