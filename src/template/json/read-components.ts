import type { RawConfig } from "../../definition/raw-value.ts";
import type { JsonMember, JsonNode, JsonObject } from "../../hcl/syntax/json-tree.ts";
import type { LegacyPostProcessor, LegacyProvisioner, OnlyExcept } from "./legacy-template.ts";
import { type NodeReader, toConfig } from "./node-reader.ts";

const PROVISIONER_KEYS = ["except", "max_retries", "only", "override", "pause_before", "timeout", "type"];
const POST_PROCESSOR_KEYS = ["except", "keep_input_artifact", "name", "only", "type"];

/** Reads a provisioner; undefined, and reported, when it is not an object with a type. */
export function readProvisioner(node: JsonNode, what: string, reader: NodeReader): LegacyProvisioner | undefined {
  const object = reader.object(node, `The ${what}`);
  const type = object && readType(object, what, reader);
  if (!object || !type) return undefined;
  const find = finder(object);
  const duration = (key: string) => {
    const value = find(key);
    return value ? reader.milliseconds(value, `"${key}" of the ${what}`) : 0;
  };
  const retries = find("max_retries");
  return {
    type,
    ...readOnlyExcept(object, what, reader),
    pauseBeforeMs: duration("pause_before"),
    timeoutMs: duration("timeout"),
    maxRetries: (retries && reader.text(retries, `"max_retries" of the ${what}`)) ?? "",
    override: readOverride(find("override"), what, reader),
    span: reader.spanOf(object),
    ...reader.options(without(object.members, PROVISIONER_KEYS)),
  };
}

/** Post-processors stand alone, as a string or an object, or as a list of them in which each gets the artifact of the one before. */
export function readPostProcessors(
  node: JsonNode | undefined,
  reader: NodeReader,
): readonly (readonly LegacyPostProcessor[])[] {
  return reader.list(node, '"post-processors"').map((entry, index) => {
    const chain = entry.kind === "array" ? entry.items : [entry];
    return chain.flatMap((item, position) => {
      return readPostProcessor(item, `post-processor ${index + 1}.${position + 1}`, reader) ?? [];
    });
  });
}

function readPostProcessor(node: JsonNode, what: string, reader: NodeReader): LegacyPostProcessor | undefined {
  const common = { only: [], except: [], keepInputArtifact: undefined, config: {}, places: new Map() };
  if (node.kind === "string") return { ...common, type: node.text, name: node.text, span: reader.spanOf(node) };
  if (node.kind !== "object") {
    return reader.fail("Wrong type in the template", `The ${what} must be a string or an object.`, node);
  }
  const type = readType(node, what, reader);
  if (!type) return undefined;
  const find = finder(node);
  const [name, keep] = [find("name"), find("keep_input_artifact")];
  return {
    type,
    name: (name && reader.text(name, `"name" of the ${what}`)) || type,
    ...readOnlyExcept(node, what, reader),
    keepInputArtifact: keep && reader.bool(keep, `"keep_input_artifact" of the ${what}`),
    span: reader.spanOf(node),
    ...reader.options(without(node.members, POST_PROCESSOR_KEYS)),
  };
}

function finder(object: JsonObject): (key: string) => JsonNode | undefined {
  return (key) => object.members.find((member) => member.key === key)?.value;
}

function without(members: readonly JsonMember[], keys: readonly string[]): readonly JsonMember[] {
  return members.filter(({ key }) => !keys.includes(key));
}

function readType(object: JsonObject, what: string, reader: NodeReader): string | undefined {
  const node = finder(object)("type");
  const type = node && reader.text(node, `"type" of the ${what}`);
  return type || reader.fail("Missing type", `The ${what} has no "type".`, { ...object, end: object.start + 1 });
}

function readOnlyExcept(object: JsonObject, what: string, reader: NodeReader): OnlyExcept {
  const find = finder(object);
  const names = (key: string) => {
    const node = find(key);
    return node ? reader.texts(node, `"${key}" of the ${what}`) : [];
  };
  return { only: names("only"), except: names("except") };
}

function readOverride(node: JsonNode | undefined, what: string, reader: NodeReader): ReadonlyMap<string, RawConfig> {
  const members = (node && reader.object(node, `"override" of the ${what}`))?.members ?? [];
  const overrides = members.map(({ key, value }) => {
    const options = reader.object(value, `The override for "${key}" of the ${what}`);
    return [key, toConfig(options?.members ?? [])] as const;
  });
  return new Map(overrides);
}
