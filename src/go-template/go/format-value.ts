import { formatFloat, formatInteger } from "./format-number.ts";
import { type FormatSpec, pad } from "./format-spec.ts";
import { quote } from "./quote.ts";
import { entryOf, type GoMap, type GoValue, isList, isMap, sortedKeys, typeName } from "./values.ts";

/**
 * Formats one value for one verb; a verb that does not fit gives Go's `%!verb(type=value)`.
 *
 * @param verb One letter, or `#v` for `%#v`, the value in Go's syntax
 */
export function formatValue(value: GoValue, verb: string, spec: FormatSpec): string {
  const plainVerb = verb === "#v" ? "v" : verb;
  if (verb === "T") return pad(truncate(typeName(value), spec), spec);
  if (value === null) return plainVerb === "v" ? pad("<nil>", spec) : `%!${verb}(<nil>)`;
  if (isList(value)) return formatList(value, verb, spec);
  if (isMap(value)) return formatMap(value, verb, spec);
  // A misfit is shown with the width and the flags of the verb.
  const misfit = () => `%!${verb}(${typeName(value)}=${formatValue(value, "v", spec)})`;
  if (typeof value === "boolean") return plainVerb === "v" || verb === "t" ? pad(String(value), spec) : misfit();
  if (typeof value === "string") return formatString(value, verb, spec) ?? misfit();
  const text = typeof value === "bigint" ? formatInteger(value, plainVerb, spec) : formatFloat(value, plainVerb, spec);
  return text ?? misfit();
}

function truncate(text: string, { precision }: FormatSpec): string {
  return precision === undefined ? text : [...text].slice(0, precision).join("");
}

function formatString(text: string, verb: string, spec: FormatSpec): string | undefined {
  if (verb === "q" || verb === "#v") {
    const shown = truncate(text, spec);
    const raw = verb === "q" && spec.sharp && /^[^`\u0000-\u0008\u000a-\u001f\u007f\ufeff]*$/.test(shown);
    return pad(raw ? `\`${shown}\`` : quote(shown, { ascii: spec.plus }), spec);
  }
  if (verb === "v" || verb === "s") return pad(truncate(text, spec), spec);
  if (verb === "x" || verb === "X") return pad(formatBytes(text, verb, spec), spec);
  return undefined;
}

function formatBytes(text: string, verb: string, { precision, space, sharp }: FormatSpec): string {
  const bytes = [...Buffer.from(text).subarray(0, precision)].map((byte) => byte.toString(16).padStart(2, "0"));
  const digits = verb === "X" ? bytes.map((byte) => byte.toUpperCase()) : bytes;
  if (digits.length === 0) return "";
  const prefix = sharp ? `0${verb}` : "";
  return space ? digits.map((byte) => prefix + byte).join(" ") : prefix + digits.join("");
}

function formatList(list: readonly GoValue[], verb: string, spec: FormatSpec): string {
  const items = list.map((item) => formatItem(item, verb, spec));
  return verb === "#v" ? `${typeName(list)}{${items.join(", ")}}` : `[${items.join(" ")}]`;
}

function formatMap(map: GoMap, verb: string, spec: FormatSpec): string {
  const items = sortedKeys(map).map(
    (key) => `${formatValue(key, verb, spec)}:${formatItem(entryOf(map, key) ?? null, verb, spec)}`,
  );
  return verb === "#v" ? `${typeName(map)}{${items.join(", ")}}` : `map[${items.join(" ")}]`;
}

/** A nil inside a list or map has the type of its place, which `%#v` shows. */
function formatItem(item: GoValue, verb: string, spec: FormatSpec): string {
  if (item !== null) return formatValue(item, verb, spec);
  return verb === "#v" ? "interface {}(nil)" : "<nil>";
}
