import { TEMPLATE_BLOCKS } from "../definition/block-labels.ts";
import type { Diagnostics } from "../hcl/source/diagnostic.ts";
import { readBody, readBodyPartly } from "../hcl/syntax/body-content.ts";
import type { Block } from "../hcl/syntax/syntax.ts";
import { type RequiredPlugin, readPackerBlock } from "./blocks/packer-block.ts";
import type { ParsedTemplate } from "./parse-template.ts";

/** A template that is for a Packer such as we are. */
export interface SupportedTemplate extends ParsedTemplate {
  readonly plugins: readonly RequiredPlugin[];
}

/** A template whose files have been taken apart. */
export interface SortedTemplate extends SupportedTemplate {
  /** In the order of the text, file by file. */
  readonly blocks: readonly Block[];
}

const SCHEMA = { blocks: TEMPLATE_BLOCKS };

/** Checks the `packer` blocks, before anything else in the template can be misunderstood. */
export function checkRequirements(template: ParsedTemplate, diagnostics: Diagnostics): SupportedTemplate {
  const schema = { blocks: { packer: [] } };
  const blocks = template.bodies.flatMap((body) => readBodyPartly(body, schema, diagnostics).blocks);
  return { ...template, plugins: blocks.flatMap((block) => readPackerBlock(block, diagnostics)) };
}

/** Reads the blocks; others than Packer has are reported. */
export function readBlocks(template: SupportedTemplate, diagnostics: Diagnostics): SortedTemplate {
  return { ...template, blocks: template.bodies.flatMap((body) => readBody(body, SCHEMA, diagnostics).blocks) };
}

export function blocksOfType({ blocks }: SortedTemplate, ...types: readonly string[]): readonly Block[] {
  return blocks.filter(({ type }) => types.includes(type));
}
