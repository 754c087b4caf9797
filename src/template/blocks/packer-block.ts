import { PACKER_VERSION } from "../../common/packer-version.ts";
import { evaluate } from "../../hcl/evaluate/evaluate.ts";
import { makeVariableScope } from "../../hcl/evaluate/variable-scope.ts";
import type { Diagnostics } from "../../hcl/source/diagnostic.ts";
import { readAttributes, readBody } from "../../hcl/syntax/body-content.ts";
import type { Attribute, Block } from "../../hcl/syntax/syntax.ts";
import { stringType } from "../../hcl/values/type.ts";
import type { Value } from "../../hcl/values/value.ts";
import { hasPrerelease, meetsConstraint, parseVersionConstraint } from "../version-constraint.ts";
import { readArgument } from "./read-argument.ts";

const SCHEMA = { attributes: ["required_version"], blocks: { required_plugins: [] } };

/** A plugin that `required_plugins` asks for. */
export interface RequiredPlugin {
  readonly name: string;
  /** Such as `github.com/outscale/outscale`. */
  readonly source: string;
  readonly version: string;
}

/** What the plugins with these last parts of a source give is built in: their version does not matter. */
const BUILT_IN_PLUGINS: ReadonlySet<string> = new Set(["outscale", "outscale-chroot", "ansible"]);

/** Reads a `packer` block: checks `required_version` against the Packer that we stand for, and the plugins against ours. */
export function readPackerBlock(block: Block, diagnostics: Diagnostics): readonly RequiredPlugin[] {
  const { attributes, blocks } = readBody(block.body, SCHEMA, diagnostics);
  checkRequiredVersion(attributes.get("required_version"), diagnostics);
  return blocks.flatMap(({ body }) => {
    const plugins = readAttributes(body, diagnostics).map((attribute) => readRequiredPlugin(attribute, diagnostics));
    return plugins.filter((plugin) => plugin !== undefined);
  });
}

function checkRequiredVersion(attribute: Attribute | undefined, diagnostics: Diagnostics): void {
  const text = readArgument(attribute, stringType, makeVariableScope([]), diagnostics)?.asString();
  if (attribute === undefined || text === undefined) return;
  const constraint = parseVersionConstraint(text);
  if (!constraint) reportInvalidConstraint(text, attribute, diagnostics);
  else if (!meetsConstraint(PACKER_VERSION, constraint)) {
    const detail = `This template is for Packer "${text}"; outscale-chroot reads the templates of Packer ${PACKER_VERSION}.`;
    diagnostics.error("Unsupported Packer version", detail, attribute.value.span);
  }
}

function reportInvalidConstraint(text: string, { value }: Attribute, diagnostics: Diagnostics): void {
  diagnostics.error(
    "Invalid version constraint",
    `"${text}" is not a version constraint, such as ">= 1.7, < 2.0".`,
    value.span,
  );
}

function readRequiredPlugin(attribute: Attribute, diagnostics: Diagnostics): RequiredPlugin | undefined {
  const { name, value: expression } = attribute;
  const before = diagnostics.errorCount;
  const value = evaluate(expression, makeVariableScope([]), diagnostics);
  if (diagnostics.errorCount > before) return undefined;
  const example = `${name} = { source = "github.com/outscale/${name}", version = ">= 1.0.0" }`;
  if (value.type.kind !== "object" || value.isNull) {
    diagnostics.error("Invalid plugin requirement", `A plugin is required as an object: ${example}`, expression.span);
    return undefined;
  }
  const source = textOf(value, "source");
  const version = textOf(value, "version");
  for (const [key, text] of [
    ["source", source],
    ["version", version],
  ] as const) {
    if (text === undefined) diagnostics.error(`No plugin ${key}`, `A plugin has a ${key}: ${example}`, expression.span);
  }
  const extra = [...value.asMap().keys()].find((key) => key !== "source" && key !== "version");
  if (extra !== undefined) {
    diagnostics.error(
      "Invalid required_plugins object",
      `It has "source" and "version" only, not "${extra}".`,
      expression.span,
    );
  }
  if (source === undefined || version === undefined) return undefined;
  checkPlugin(name, source, version, attribute, diagnostics);
  return { name, source, version };
}

function textOf(value: Value, key: string): string | undefined {
  const text = value.get(key);
  return text?.type.kind === "string" && text.isKnown && !text.isNull ? text.asString() : undefined;
}

function checkPlugin(
  name: string,
  source: string,
  version: string,
  attribute: Attribute,
  diagnostics: Diagnostics,
): void {
  const constraint = parseVersionConstraint(version);
  if (!constraint) reportInvalidConstraint(version, attribute, diagnostics);
  else if (hasPrerelease(constraint)) {
    const detail = `"${version}" names a pre-release, which a plugin's constraint cannot.`;
    diagnostics.error("Invalid version constraint", detail, attribute.value.span);
  }
  if (BUILT_IN_PLUGINS.has(source.split("/").at(-1) ?? "")) return;
  const detail =
    `"${source}" is not built into outscale-chroot, which loads no plugins. Remove "${name}", ` +
    "or build with Packer and the outscale-chroot plugin.";
  diagnostics.error("Unavailable plugin", detail, attribute.nameSpan);
}
