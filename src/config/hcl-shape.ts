import { z } from "zod";
import type { AttributeType } from "../definition/attribute-type.ts";
import { infoOf, writtenSchema } from "./option.ts";
import { configSchema } from "./schema.ts";

/** How an option is written in HCL: `name = value`, or as a block with options of its own. */
export type HclShape =
  | {
      readonly kind: "attribute";
      readonly type: AttributeType;
      /** Values of other types are taken, too; Packer's spec cannot say so. */
      readonly isLoose?: true;
    }
  | { readonly kind: "block"; readonly repeated: boolean; readonly body: HclShapes };
export type HclShapes = Readonly<Record<string, HclShape>>;

export type BlockShape = Extract<HclShape, { kind: "block" }>;

/** Every option of the builder, for the HCL spec that the Packer plugin serves. */
export const hclShapes: HclShapes = shapesOf(configSchema.shape);

/** The options that are blocks, for a decoder that must tell a block from an attribute. */
export const blockShapes: Readonly<Record<string, BlockShape>> = Object.fromEntries(
  Object.entries(hclShapes).filter((entry): entry is [string, BlockShape] => entry[1].kind === "block"),
);

function shapesOf(shape: z.core.$ZodShape): HclShapes {
  return Object.fromEntries(Object.entries(shape).map(([name, schema]) => [name, shapeOf(schema)]));
}

function shapeOf(schema: z.core.$ZodType): HclShape {
  const { block } = infoOf(schema);
  const written = writtenSchema(schema);
  const body = written instanceof z.ZodArray ? writtenSchema(written.element) : written;
  if (block === undefined || !(body instanceof z.ZodObject)) {
    const type = attributeType(written);
    return holdsUnion(written) ? { kind: "attribute", type, isLoose: true } : { kind: "attribute", type };
  }
  return { kind: "block", repeated: block === "repeated", body: shapesOf(body.shape) };
}

/** `filters` takes a list of texts in the place of each text. */
function holdsUnion(schema: z.core.$ZodType): boolean {
  return schema instanceof z.ZodRecord && writtenSchema(schema.valueType) instanceof z.ZodUnion;
}

function attributeType(schema: z.core.$ZodType): AttributeType {
  const written = writtenSchema(schema);
  if (written instanceof z.ZodNumber) return "number";
  if (written instanceof z.ZodBoolean) return "bool";
  if (written instanceof z.ZodArray) return { list: attributeType(written.element) };
  if (written instanceof z.ZodTuple) return { list: "string" };
  if (written instanceof z.ZodRecord) return { map: attributeType(written.valueType) };
  return "string";
}
