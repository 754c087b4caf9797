import { z } from "zod";
import { infoOf, writtenSchema } from "./option.ts";
import { optionGroups } from "./schema.ts";

/** One option, as the reference tells it. */
export interface OptionEntry {
  readonly name: string;
  /** In words: `text`, `whole number`, `list of text`, `"standard", "gp2" or "io1"`. */
  readonly type: string;
  /** As Markdown; undefined when there is none. */
  readonly default: string | undefined;
  readonly about: string;
  /** As one writes it in HCL. */
  readonly example: string;
  readonly required: true | string | undefined;
  readonly lateFields: readonly string[];
  readonly block: "single" | "repeated" | undefined;
  /** The options inside a block. */
  readonly options: readonly OptionEntry[];
}

export interface OptionGroup {
  readonly title: string;
  readonly options: readonly OptionEntry[];
}

/** Every option of the builder by subject, for the documentation and for tests that must not forget one. */
export const optionReference: readonly OptionGroup[] = Object.entries(optionGroups).map(([title, options]) => ({
  title,
  options: entriesOf(options),
}));

function entriesOf(shape: z.core.$ZodShape): OptionEntry[] {
  return Object.entries(shape).map(([name, schema]) => entryOf(name, schema));
}

function entryOf(name: string, schema: z.core.$ZodType): OptionEntry {
  const info = infoOf(schema);
  const written = writtenSchema(schema);
  const body = written instanceof z.ZodArray ? writtenSchema(written.element) : written;
  return {
    name,
    type: typeName(written),
    default: info.defaultText ?? defaultOf(schema),
    about: info.about,
    example: info.example,
    required: info.required,
    lateFields: info.lateFields ?? [],
    block: info.block,
    options: body instanceof z.ZodObject ? entriesOf(body.shape) : [],
  };
}

function typeName(schema: z.core.$ZodType): string {
  const written = writtenSchema(schema);
  if (written instanceof z.ZodNumber) return "whole number";
  if (written instanceof z.ZodBoolean) return "true or false";
  if (written instanceof z.ZodEnum) return written.options.map((value) => `\`${JSON.stringify(value)}\``).join(", ");
  if (written instanceof z.ZodArray) return `list of ${typeName(written.element)}`;
  if (written instanceof z.ZodRecord) return `map of ${typeName(written.valueType)}`;
  if (written instanceof z.ZodUnion) return written.options.map(typeName).join(" or ");
  if (written instanceof z.ZodLiteral)
    return [...written.values].map((value) => `\`${JSON.stringify(value)}\``).join(", ");
  if (written instanceof z.ZodTuple) return "list of three texts";
  return written instanceof z.ZodObject ? "block" : "text";
}

function defaultOf(schema: z.core.$ZodType): string | undefined {
  if (!(schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)) return undefined;
  const value: unknown = schema.def.defaultValue;
  const isEmpty = value === "" || (typeof value === "object" && value !== null && Object.keys(value).length === 0);
  return isEmpty ? undefined : `\`${JSON.stringify(value)}\``;
}
