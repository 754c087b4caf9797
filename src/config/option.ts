import { z } from "zod";
import { parseDuration } from "../common/duration.ts";

/** What the reference and the checks need to know of an option besides its schema. */
export interface OptionInfo {
  /** What it means and does, in sentences, as Markdown. */
  readonly about: string;
  /** A value as one writes it in HCL; a block shows its body, in braces. */
  readonly example: string;
  /** The default in words, where it is not one constant. */
  readonly defaultText?: string;
  /** Set for what has no default and must be given; in words when only sometimes. */
  readonly required?: true | string;
  /**
   * The option is a template that the build renders when these fields are known, such as `Device`. Every other string is
   * rendered before it is checked.
   */
  readonly lateFields?: readonly string[];
  /** The value is never shown. */
  readonly secret?: true;
  /** Written as a block in HCL: `source_omi_filter { ... }`, not `source_omi_filter = { ... }`. */
  readonly block?: "single" | "repeated";
}

const registry = z.registry<OptionInfo>();

/** An option of the schema table: what it may hold, and what it means. */
export function option<Schema extends z.ZodType>(schema: Schema, info: OptionInfo): Schema {
  const described = schema.meta({ description: info.about });
  registry.add(described, info);
  return described;
}

/**
 * What is known of an option.
 * @throws {Error} for a schema that {@link option} did not make: the table has a hole
 */
export function infoOf(schema: z.core.$ZodType): OptionInfo {
  const info = registry.get(schema);
  if (info === undefined) throw new Error("An option of the schema table has no description");
  return info;
}

/** The schema below `.optional()`, `.default()` and a transformation: what the user writes. */
export function writtenSchema(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return writtenSchema(schema.unwrap());
  }
  return schema instanceof z.ZodPipe ? writtenSchema(schema.in) : schema;
}

/** Text that must look like something; `what` completes "must be ...". */
export function pattern(regex: RegExp, what: string) {
  return z.string().regex(regex, `must be ${what}`);
}

/**
 * A duration as Go spells it (`30m`, `1h30m`), read as milliseconds.
 * @param fallback The default, in the same notation
 */
export function duration(fallback: string) {
  return z.string().transform(readDuration).prefault(fallback);
}

function readDuration(text: string, context: z.core.$RefinementCtx): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms > 0) return ms;
  context.issues.push({
    code: "custom",
    input: text,
    message: 'must be a duration such as "30m" or "1h30m", and more than zero',
  });
  return z.NEVER;
}

/** `vol-1a2b3c4d` and the like. */
export const snapshotId = pattern(/^snap-[0-9a-f]{8,}$/, 'a snapshot id such as "snap-1a2b3c4d"');
export const imageId = pattern(/^ami-[0-9a-f]{8,}$/, 'an OMI id such as "ami-1a2b3c4d"');
export const vmId = pattern(/^i-[0-9a-f]{8,}$/, 'a VM id such as "i-1a2b3c4d"');
export const accountId = pattern(/^\d{12}$/, "an account id: 12 digits, in quotes");

/** GiB. @see platform limits: at most 14901 GiB a volume */
export const sizeGib = z.int().min(1, "must be at least 1 GiB").max(14_901, "must be at most 14901 GiB");
export const volumeType = z.enum(["standard", "gp2", "io1"]);

/**
 * A device name as the API takes it: `/dev/sda1` for the root, else `/dev/sdX`, `/dev/sdXX`, `/dev/xvdX`, `/dev/xvdXX`.
 * @see LinkVolume in the OUTSCALE API: the first letter goes from b to z
 */
export const apiDeviceName = pattern(
  /^\/dev\/(sda1|(sd|xvd)[b-z][a-z]?)$/,
  'a device name of the API: "/dev/sda1" for the root volume, else such as "/dev/xvdb"',
);
