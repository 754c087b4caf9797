import { suggestName } from "../../common/suggest-name.ts";
import type { Diagnostics } from "../../hcl/source/diagnostic.ts";
import type { SourceFile } from "../../hcl/source/source-file.ts";
import type { JsonMember, JsonNode, JsonObject } from "../../hcl/syntax/json-tree.ts";
import type { LegacyBuilder, LegacyTemplate, LegacyVariable } from "./legacy-template.ts";
import { NodeReader } from "./node-reader.ts";
import { readPostProcessors, readProvisioner } from "./read-components.ts";

const ROOT_KEYS = [
  "builders",
  "description",
  "error-cleanup-provisioner",
  "min_packer_version",
  "post-processors",
  "provisioners",
  "push",
  "sensitive-variables",
  "variables",
];

/**
 * Reads a JSON template. Every problem is reported; undefined when it is not a JSON object at all.
 *
 * @see hashicorp/packer-plugin-sdk, template/parse.go
 */
export function readLegacyTemplate(source: SourceFile, diagnostics: Diagnostics): LegacyTemplate | undefined {
  const reader = new NodeReader(source, diagnostics);
  const tree = reader.tree("The template is not JSON");
  const root = tree && reader.object(tree, "A template");
  if (!root) return undefined;
  reportDuplicates(root, reader);
  const members = new Map(root.members.map((member) => [rootKey(member.key), member]));
  checkRootKeys(root, reader);
  const node = (key: string) => members.get(key)?.value;
  const text = (key: string) => {
    const value = node(key);
    return value && reader.string(value, `"${key}"`);
  };
  const version = node("min_packer_version");
  const versionText = text("min_packer_version");
  const cleanup = node("error-cleanup-provisioner");
  return {
    description: text("description"),
    minPackerVersion: version && versionText ? { text: versionText, span: reader.spanOf(version) } : undefined,
    variables: readVariables(node("variables"), reader),
    sensitiveVariables: readTexts(node("sensitive-variables"), '"sensitive-variables"', reader),
    builders: readBuilders(node("builders"), reader),
    provisioners: reader
      .list(node("provisioners"), '"provisioners"')
      .flatMap((item, index) => readProvisioner(item, `provisioner ${index + 1}`, reader) ?? []),
    errorCleanupProvisioner: cleanup && readProvisioner(cleanup, "error-cleanup-provisioner", reader),
    postProcessors: readPostProcessors(node("post-processors"), reader),
  };
}

/** A key that comes twice would hide what was said first; Packer refuses it anywhere. */
function reportDuplicates(node: JsonNode, reader: NodeReader): void {
  if (node.kind === "array") for (const item of node.items) reportDuplicates(item, reader);
  if (node.kind !== "object") return;
  const seen = new Set<string>();
  for (const { key, keyPlace, value } of node.members) {
    if (seen.has(key)) reader.fail("Duplicate key", `"${key}" is given before; a key can be given once.`, keyPlace);
    seen.add(key);
    reportDuplicates(value, reader);
  }
}

/** Keys that begin with `_` are comments. */
function checkRootKeys(root: JsonObject, reader: NodeReader): void {
  const written = new Map<string, string>();
  for (const { key, keyPlace, value } of root.members) {
    const other = written.get(rootKey(key));
    if (other !== undefined && other !== key) {
      reader.fail("Duplicate key", `"${key}" is the same as "${other}"; it can be given once.`, keyPlace);
    }
    written.set(rootKey(key), key);
    if (key.startsWith("_")) reader.string(value, `The comment "${key}"`);
    else if (!ROOT_KEYS.includes(rootKey(key))) {
      const detail = `A template has no "${key}".${suggestName(key, ROOT_KEYS)} A comment's key begins with "_".`;
      reader.fail("Unknown root level key", detail, keyPlace);
    }
  }
}

/** Packer's reader does not mind the case of root keys: `"Builders"`. */
function rootKey(key: string): string {
  return key.toLowerCase();
}

function readTexts(node: JsonNode | undefined, what: string, reader: NodeReader): readonly string[] {
  const items = reader.list(node, what).map((item) => reader.string(item, `An element of ${what}`));
  return items.filter((text) => text !== undefined);
}

function readVariables(node: JsonNode | undefined, reader: NodeReader): ReadonlyMap<string, LegacyVariable> {
  const members = (node && reader.object(node, '"variables"'))?.members ?? [];
  return new Map(members.map((member) => [member.key, readVariable(member, reader)]));
}

/** A default is a string; null makes the variable one that must be given. */
function readVariable({ key, keyPlace, value }: JsonMember, reader: NodeReader): LegacyVariable {
  const isRequired = value.kind === "null";
  const text = isRequired ? undefined : (reader.string(value, `The variable "${key}"`) ?? "");
  return { name: key, default: text, span: reader.spanOf(keyPlace) };
}

function readBuilders(node: JsonNode | undefined, reader: NodeReader): readonly LegacyBuilder[] {
  return reader
    .list(node, '"builders"')
    .flatMap((item, index) => readBuilder(item, `builder ${index + 1}`, reader) ?? []);
}

function readBuilder(node: JsonNode, what: string, reader: NodeReader): LegacyBuilder | undefined {
  const object = reader.object(node, `The ${what}`);
  if (!object) return undefined;
  const textOf = (key: string) => {
    const value = object.members.find((member) => member.key === key)?.value;
    return value && reader.text(value, `"${key}" of the ${what}`);
  };
  const type = textOf("type");
  if (!type) return reader.fail("Missing type", `The ${what} has no "type".`, { ...object, end: object.start + 1 });
  const rest = object.members.filter(({ key }) => key !== "type" && key !== "name");
  return { type, name: textOf("name") || type, span: reader.spanOf(object), ...reader.options(rest) };
}
