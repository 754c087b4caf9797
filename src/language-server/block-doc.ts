import { generatedDataNames } from "../builder/generated-data.ts";
import { type HclShapes, hclShapes } from "../config/hcl-shape.ts";
import { type OptionEntry, optionReference } from "../config/option-reference.ts";
import type { AttributeType, AttributeTypes } from "../definition/attribute-type.ts";
import { postProcessorTypes } from "../post-processors/registry.ts";
import { provisionerTypes } from "../provisioners/registry.ts";
import type { BlockStep } from "./cursor.ts";
import { componentHelp } from "./documented.ts";
import { argument, block, commonOptions, type OptionDoc, topLevel } from "./known-blocks.ts";

const BUILDER = "outscale-chroot";
export const DATA_SOURCES = ["outscale-omi", "null"];

/** What a body may hold, by name. */
export type BlockDoc = ReadonlyMap<string, OptionDoc>;

const builderOptions = docsOf(optionReference.flatMap(({ options }) => options).filter(isForAuthors), hclShapes);

/** Packer passes those to a builder by itself. */
function isForAuthors({ name }: OptionEntry): boolean {
  return !name.startsWith("packer_");
}

function docsOf(entries: readonly OptionEntry[], shapes: HclShapes): BlockDoc {
  return new Map(entries.map((entry) => [entry.name, docOf(entry, shapes)]));
}

function docOf(entry: OptionEntry, shapes: HclShapes): OptionDoc {
  const shape = shapes[entry.name];
  const about = [entry.about, entry.lateFields.length > 0 && lateText(entry.lateFields)].filter(Boolean).join(" ");
  const facts = {
    name: entry.name,
    about,
    ...(entry.default !== undefined && { default: entry.default }),
    ...(entry.required === true && { isRequired: true as const }),
    example: entry.example,
  };
  if (shape?.kind === "block") {
    return { ...facts, kind: "block", type: "block", labels: [], inner: docsOf(entry.options, shape.body) };
  }
  return { ...facts, kind: "argument", type: entry.type, values: valuesOf(entry.type) };
}

function lateText(fields: readonly string[]): string {
  return `Rendered by the build, with ${fields.map((field) => `\`{{.${field}}}\``).join(", ")}.`;
}

/** `"standard", "gp2"` of a type in words; true and false. */
function valuesOf(type: string): readonly string[] {
  if (type === "true or false") return ["true", "false"];
  return [...type.matchAll(/`("[^`]+")`/g)].map(([, value = ""]) => value);
}

/** What may stand in the body that these blocks lead to; undefined where anything may. */
export function blockDocAt(path: readonly BlockStep[]): BlockDoc | undefined {
  let doc: BlockDoc | undefined = topLevel;
  let outer: BlockDoc | undefined;
  for (const [index, step] of path.entries()) {
    const before: BlockDoc | undefined = doc;
    doc = step.type === "content" ? contentDoc(path[index - 1], outer) : innerDoc(step, doc);
    outer = before;
  }
  return doc;
}

/** `dynamic "tag" { content { ... } }`: what a `tag` block may hold. */
function contentDoc(dynamic: BlockStep | undefined, outer: BlockDoc | undefined): BlockDoc | undefined {
  const type = dynamic?.labels[0] ?? "";
  return dynamic?.type === "dynamic" ? innerDoc({ type, labels: [] }, outer) : undefined;
}

function innerDoc({ type, labels }: BlockStep, outer: BlockDoc | undefined): BlockDoc | undefined {
  const [label = ""] = labels;
  if (type === "dynamic") return dynamicDoc;
  if (type === "source" && outer === topLevel) return label === BUILDER ? withDynamic(builderOptions) : undefined;
  if (type === "source") return new Map([...withDynamic(builderOptions), ...sourceUse]);
  if (type === "data") return label === "outscale-omi" ? omiData() : label === "null" ? nullData : undefined;
  if (type === "provisioner" || type === "error-cleanup-provisioner") return componentDoc("provisioner", label);
  if (type === "post-processor") return componentDoc("post-processor", label);
  return outer?.get(type)?.inner;
}

const dynamicDoc: BlockDoc = new Map(
  [
    argument("for_each", "list, set, map or object", "What a block is made for each element of."),
    argument("iterator", "name", "What the element is called in `content`; the type of the block by default."),
    argument("labels", "list of text", "The labels of the blocks, where they have any."),
    block("content", "The body of each block. The element is `TYPE.value`, its key `TYPE.key`.", new Map()),
  ].map((doc) => [doc.name, doc]),
);

function withDynamic(doc: BlockDoc): BlockDoc {
  const dynamic: OptionDoc = {
    ...block("dynamic", "Blocks that are made for each element of a collection.", dynamicDoc),
    labels: ["block type"],
  };
  return new Map([...doc, ["dynamic", dynamic]]);
}

const sourceUse: BlockDoc = new Map([["name", argument("name", "text", "What the source is called in this build.")]]);
const nullData: BlockDoc = new Map([["input", argument("input", "text", "What the data source gives as `output`.")]]);

function omiData(): BlockDoc {
  return builderOptions.get("source_omi_filter")?.inner ?? new Map();
}

function componentDoc(kind: "provisioner" | "post-processor", type: string): BlockDoc | undefined {
  const known = (kind === "provisioner" ? provisionerTypes : postProcessorTypes).get(type);
  if (!known) return new Map(commonOptions(kind));
  return withDynamic(new Map([...componentOptions(`${kind} ${type}`, known.hclTypes, type), ...commonOptions(kind)]));
}

/** Provisioners whose options docs/provisioners.md tells in a line of a table. */
const SMALL: typeof componentHelp = {
  sleep: { duration: { about: 'How long it waits: `"10s"`.' } },
  breakpoint: {
    note: { about: "What is shown while it waits." },
    disable: { default: "`false`", about: "Passes by." },
  },
};

/** The post-processor \`shell-local\` has the options of the provisioner. */
function componentOptions(key: string, types: AttributeTypes, type: string): BlockDoc {
  const help = { ...SMALL[type], ...componentHelp[`provisioner ${type}`], ...componentHelp[key] };
  const docs = Object.entries(types).map(([name, option]) => {
    const { about = "", default: initial } = help[name] ?? {};
    const doc = argument(name, typeText(option), about);
    return [name, initial === undefined ? doc : { ...doc, default: initial }] as const;
  });
  return new Map(docs);
}

function typeText(type: AttributeType): string {
  if (type === "string") return "text";
  if (type === "bool") return "true or false";
  if (type === "number") return "number";
  return "list" in type ? `list of ${typeText(type.list)}` : `map of ${typeText(type.map)}`;
}

/** What a block's label may be, where it is one of a few: types of builders, provisioners and so on. */
export function labelsOf({ type, labels }: BlockStep, path: readonly BlockStep[]): readonly string[] {
  if (type === "dynamic" && labels.length === 0) {
    return [...(blockDocAt(path) ?? [])].flatMap(([name, { kind }]) =>
      kind === "block" && name !== "dynamic" ? [name] : [],
    );
  }
  if (labels.length > 0) return [];
  if (type === "source" && path.length === 0) return [BUILDER];
  if (type === "data") return DATA_SOURCES;
  if (type === "provisioner" || type === "error-cleanup-provisioner") return [...provisionerTypes.keys()];
  return type === "post-processor" ? [...postProcessorTypes.keys()] : [];
}

/** The names that follow a root, where they are always the same. */
export const namesOf: Readonly<Record<string, readonly string[]>> = {
  build: ["name", ...generatedDataNames],
  source: ["name", "type"],
  path: ["root", "cwd"],
  packer: ["version", "iterationID", "versionFingerprint"],
};

/** What the data source `outscale-omi` gives. */
export const OMI_ATTRIBUTES = ["id", "name", "creation_date", "owner", "owner_name", "tags"];
