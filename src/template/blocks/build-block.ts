import { ownValue } from "../../common/own-value.ts";
import { BUILD_BLOCKS } from "../../definition/block-labels.ts";
import type { VariableScope } from "../../hcl/evaluate/variable-scope.ts";
import type { Diagnostics } from "../../hcl/source/diagnostic.ts";
import type { Span } from "../../hcl/source/source-file.ts";
import { readBody, readBodyPartly } from "../../hcl/syntax/body-content.ts";
import type { Block, Body } from "../../hcl/syntax/syntax.ts";
import { listType, stringType } from "../../hcl/values/type.ts";
import { expandBlocks, type ScopedBlock, type UnknownBlocks } from "./dynamic-blocks.ts";
import { isIdentifier, readArgument } from "./read-argument.ts";

/** A `build` block: which sources it builds, with what. */
export interface BuildBlock {
  readonly name: string;
  readonly description: string;
  readonly sources: readonly SourceUse[];
  /** Provisioners and post-processors as they are written: what a `dynamic` one stands for may differ by source. */
  readonly components: readonly Block[];
  /** What they can use, whatever the source. */
  readonly scope: VariableScope;
  readonly span: Span;
}

/** The provisioners and post-processors of a build, `dynamic` ones replaced by what they stand for. */
export interface BuildComponents {
  readonly provisioners: readonly ScopedBlock[];
  readonly errorCleanupProvisioner: ScopedBlock | undefined;
  readonly postProcessors: readonly (readonly ScopedBlock[])[];
}

/** A source that a build names, perhaps under another name and with further options. */
export interface SourceUse {
  readonly type: string;
  /** The label of the source block. */
  readonly name: string;
  /** What it is called in this build. */
  readonly localName: string;
  readonly body: Body | undefined;
  /** What the body can use. */
  readonly scope: VariableScope;
  readonly span: Span;
}

const SCHEMA = { attributes: ["name", "description", "sources"], blocks: BUILD_BLOCKS };

/** Reads a `build` block as far as it can be without knowing the sources. */
export function readBuildBlock(block: Block, scope: VariableScope, diagnostics: Diagnostics): BuildBlock {
  const { attributes, blocks } = readBody(block.body, SCHEMA, diagnostics);
  const textOf = (name: string) => readArgument(attributes.get(name), stringType, scope, diagnostics)?.asString() ?? "";
  const components = blocks.filter(isComponent);
  const others = blocks.filter((inner) => !isComponent(inner));
  const expanded = expandBlocks(others, scope, diagnostics).filter((scoped) => isAllowed(scoped.block, diagnostics));
  const ofType = (type: string) => expanded.filter((scoped) => scoped.block.type === type);
  const listed = readArgument(attributes.get("sources"), listType(stringType), scope, diagnostics)?.elements() ?? [];
  const listSpan = attributes.get("sources")?.value.span ?? block.headerSpan;
  const sources = [
    ...listed.map((reference) =>
      readReference(reference.isNull ? "" : reference.asString(), { scope, span: listSpan }, diagnostics),
    ),
    ...ofType("source").map((scoped) => readSourceUse(scoped, diagnostics)),
  ].filter((source) => source !== undefined);
  if (!attributes.has("sources") && ofType("source").length === 0) {
    const detail = 'A build names at least one source: sources = ["source.outscale-chroot.NAME"].';
    diagnostics.error("Missing source reference", detail, block.headerSpan);
  }
  warnAboutRegistry(
    ofType("hcp_packer_registry").map(({ block: registry }) => registry),
    diagnostics,
  );
  return {
    name: textOf("name"),
    description: textOf("description"),
    sources,
    components,
    scope,
    span: block.headerSpan,
  };
}

const COMPONENTS = ["provisioner", "error-cleanup-provisioner", "post-processor", "post-processors"];

/** Whether a block is a provisioner or post-processor, or a `dynamic` one of them. */
function isComponent({ type, labels }: Block): boolean {
  return COMPONENTS.includes(type === "dynamic" ? (labels[0]?.text ?? "") : type);
}

/**
 * Reads the provisioners and post-processors of a build for one of its sources.
 * @param scope Has the source in it
 */
export function expandComponents(
  { components }: BuildBlock,
  scope: VariableScope,
  diagnostics: Diagnostics,
  unknown: UnknownBlocks = "refused",
): BuildComponents {
  const expanded = expandBlocks(components, scope, diagnostics, unknown).filter(({ block }) =>
    isAllowed(block, diagnostics),
  );
  const ofType = (type: string) => expanded.filter(({ block }) => block.type === type);
  const [errorCleanupProvisioner, second] = ofType("error-cleanup-provisioner");
  if (second)
    diagnostics.error("Duplicate error-cleanup-provisioner", "A build has at most one.", second.block.headerSpan);
  const postProcessors = readChains(expanded, diagnostics, unknown);
  return { provisioners: ofType("provisioner"), errorCleanupProvisioner, postProcessors };
}

/** Whether a block that `dynamic` made may stand in a build, with that many labels. */
function isAllowed({ type, labels, typeSpan }: Block, diagnostics: Diagnostics): boolean {
  const names = ownValue(BUILD_BLOCKS, type);
  if (names && names.length === labels.length) return true;
  const detail = names
    ? `Blocks of type "${type}" have ${names.length} labels.`
    : `Blocks of type "${type}" are not expected here.`;
  diagnostics.error("Unsupported block type", detail, typeSpan);
  return false;
}

function readChains(
  expanded: readonly ScopedBlock[],
  diagnostics: Diagnostics,
  unknown: UnknownBlocks,
): readonly (readonly ScopedBlock[])[] {
  return expanded.flatMap(({ block, scope }) => {
    if (block.type === "post-processor") return [[{ block, scope }]];
    if (block.type !== "post-processors") return [];
    const schema = { blocks: { "post-processor": ["type"], dynamic: ["block type"] } };
    const { blocks } = readBody(block.body, schema, diagnostics);
    return [expandBlocks(blocks, scope, diagnostics, unknown)];
  });
}

/** `source.type.name`, whatever its first part is, or `type.name`. */
function readReference(
  text: string,
  { scope, span }: Pick<SourceUse, "scope" | "span">,
  diagnostics: Diagnostics,
): SourceUse | undefined {
  const parts = text.split(".");
  const [type = "", name = ""] = parts.length > 2 ? parts.slice(1) : parts;
  if (isIdentifier(type) && isIdentifier(name)) return { type, name, localName: name, body: undefined, scope, span };
  const detail = `"${text}" is not the reference of a source, which looks like this: source.outscale-chroot.NAME`;
  diagnostics.error("Invalid source reference", detail, span);
  return undefined;
}

function readSourceUse({ block, scope }: ScopedBlock, diagnostics: Diagnostics): SourceUse | undefined {
  const label = block.labels[0];
  const span = block.headerSpan;
  const reference = readReference(label?.text ?? "", { scope, span: label?.span ?? span }, diagnostics);
  const { attributes, rest } = readBodyPartly(block.body, { attributes: ["name"] }, diagnostics);
  const localName = readArgument(attributes.get("name"), stringType, scope, diagnostics)?.asString();
  return reference && { ...reference, localName: localName || reference.name, body: rest, span };
}

/** Nothing of ours speaks to HCP Packer, and a template that asks for it should not find out afterwards. */
export function warnAboutRegistry(blocks: readonly Block[], diagnostics: Diagnostics): void {
  for (const { headerSpan } of blocks) {
    const detail = "outscale-chroot does not report builds to HCP Packer; the block has no effect.";
    diagnostics.warn("HCP Packer registry", detail, headerSpan);
  }
}
