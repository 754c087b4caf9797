import { z } from "zod";
import { infoOf } from "./option.ts";
import { configSchema } from "./schema.ts";

/**
 * The raw configuration as a JSON Schema (draft 2020-12), for editors and other programs. Templates may be written more
 * loosely than it says: `"50"` passes for a number.
 */
export function configJsonSchema(): z.core.JSONSchema.BaseSchema {
  const required = Object.entries(configSchema.shape).filter(([, schema]) => infoOf(schema).required === true);
  return {
    ...z.toJSONSchema(configSchema, { io: "input" }),
    title: "Options of the outscale-chroot builder",
    required: required.map(([name]) => name),
  };
}
