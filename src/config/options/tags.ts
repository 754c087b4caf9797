import { z } from "zod";
import { option } from "../option.ts";

/** What templates may use that are rendered once the source OMI is known. */
export const SOURCE_FIELDS = ["BuildRegion", "SourceOMI", "SourceOMIName", "SourceOMITags"] as const;

export const tagMap = z.record(z.string(), z.string()).default({});

/** `tag { key = ..., value = ... }`: a form of tags that `dynamic` can repeat. */
export const tagBlocks = z
  .array(
    z.strictObject({
      key: option(z.string().min(1, "must not be empty"), {
        about: "The tag's key.",
        example: '"Stage"',
        required: true,
      }),
      value: option(z.string(), { about: "The tag's value.", example: '"prod"', required: true }),
    }),
  )
  .default([]);

/** How a tag block looks in the reference. */
export const TAG_BLOCK_EXAMPLE = '{\n  key   = "Stage"\n  value = "prod"\n}';
