import type { Diagnostics } from "../hcl/source/diagnostic.ts";
import { locationOf } from "../hcl/source/source-file.ts";
import type { Block } from "../hcl/syntax/syntax.ts";
import { type BuildBlock, readBuildBlock, warnAboutRegistry } from "./blocks/build-block.ts";
import type { SourceBlock } from "./blocks/build-definitions.ts";
import type { EvaluatedTemplate } from "./evaluate-template.ts";
import { blocksOfType } from "./read-blocks.ts";

/** A template whose sources and builds are known. */
export interface BuildableTemplate extends EvaluatedTemplate {
  /** By their addresses, `type.name`. */
  readonly sources: ReadonlyMap<string, SourceBlock>;
  readonly builds: readonly BuildBlock[];
}

/** Reads `source` and `build` blocks. */
export function readBuilds(template: EvaluatedTemplate, diagnostics: Diagnostics): BuildableTemplate {
  const sources = new Map<string, SourceBlock>();
  for (const block of blocksOfType(template, "source")) addSource(block, sources, diagnostics);
  warnAboutRegistry(blocksOfType(template, "hcp_packer_registry"), diagnostics);
  const builds = blocksOfType(template, "build").map((block) => readBuildBlock(block, template.scope, diagnostics));
  return { ...template, sources, builds };
}

function addSource(block: Block, sources: Map<string, SourceBlock>, diagnostics: Diagnostics): void {
  const [type = "", name = ""] = block.labels.map(({ text }) => text);
  const address = `${type}.${name}`;
  const first = sources.get(address);
  if (!first) {
    sources.set(address, { type, name, block });
    return;
  }
  const { file, line } = locationOf(first.block.headerSpan);
  const detail = `A source "${type}" "${name}" is already defined at ${file}:${line}.`;
  diagnostics.error("Duplicate source block", detail, block.headerSpan);
}
