import { type ConfigProblem, messageOf } from "../common/errors.ts";
import { isRawMap, type RawConfig, type RawValue } from "../definition/raw-value.ts";
import type { RenderContext } from "../go-template/context.ts";
import { references } from "../go-template/references.ts";
import { renderOnce, validateTemplate } from "../go-template/render.ts";
import { optionPath } from "./describe-issue.ts";
import { infoOf } from "./option.ts";
import { configSchema } from "./schema.ts";

/** The raw options with their `{{ }}` templates rendered, but for those that the build renders late. */
export interface RenderedOptions {
  readonly raw: RawConfig;
  readonly problems: readonly ConfigProblem[];
}

/**
 * Renders every text of every option once, as Packer does. A late option is only read: its syntax, and that it uses no
 * value that it will not be given. A late option that uses none of its values is rendered at once.
 */
export function renderOptions(raw: RawConfig, context: RenderContext): RenderedOptions {
  const problems: ConfigProblem[] = [];
  const rendered: [string, RawValue][] = [];
  for (const [name, value] of Object.entries(raw)) {
    const late = lateFieldsOf(name);
    const change = (text: string, path: readonly PropertyKey[]) => {
      try {
        return renderText(text, late, context);
      } catch (error) {
        problems.push({ option: optionPath([name, ...path]), message: messageOf(error) });
        return text;
      }
    };
    rendered.push([name, mapTexts(value, change, [])]);
  }
  return { raw: Object.fromEntries(rendered), problems };
}

function lateFieldsOf(name: string): readonly string[] {
  if (!Object.hasOwn(configSchema.shape, name)) return [];
  return infoOf(configSchema.shape[name as keyof typeof configSchema.shape]).lateFields ?? [];
}

function renderText(text: string, lateFields: readonly string[], context: RenderContext): string {
  if (!text.includes("{{")) return text;
  validateTemplate(text, context);
  const { fields } = references(text, context);
  const unknown = fields.find((field) => !lateFields.includes(field));
  if (unknown !== undefined) throw new Error(unknownField(unknown, lateFields));
  return fields.length > 0 ? text : renderOnce(text, context);
}

function unknownField(field: string, known: readonly string[]): string {
  if (known.length === 0) return `uses {{.${field}}}, but there is no such value here`;
  return `uses {{.${field}}}, but only ${known.map((name) => `{{.${name}}}`).join(", ")} can be used here`;
}

function mapTexts(
  value: RawValue,
  change: (text: string, path: readonly PropertyKey[]) => string,
  path: readonly PropertyKey[],
): RawValue {
  if (typeof value === "string") return change(value, path);
  if (Array.isArray(value)) return value.map((item, index) => mapTexts(item, change, [...path, index]));
  if (!isRawMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [change(key, [...path, key]), mapTexts(item, change, [...path, key])]),
  );
}
