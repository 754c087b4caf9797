import { type ConfigProblem, messageOf } from "../common/errors.ts";
import { mapTexts } from "../definition/map-texts.ts";
import type { RawConfig } from "../definition/raw-value.ts";
import type { RenderContext } from "../go-template/context.ts";
import { expandVariables, literalTemplate } from "../go-template/expand-variables.ts";
import { references } from "../go-template/references.ts";
import { renderOnce, validateTemplate } from "../go-template/render.ts";
import { optionPath } from "./describe-issue.ts";
import { infoOf } from "./option.ts";
import { configSchema } from "./schema.ts";

/**
 * The raw options with their `{{ }}` templates rendered. Those that the build renders late are still templates, each of
 * which is to be rendered once.
 */
export interface RenderedOptions {
  readonly raw: RawConfig;
  readonly problems: readonly ConfigProblem[];
}

/**
 * Renders every text of every option once, as Packer does. A late option is only read: its syntax, and that it uses no
 * value that it will not be given. A late option that uses none of its values is rendered at once, so that its text can be
 * checked; the braces in the result are literal ones. What Packer passes are no templates.
 */
export function renderOptions(raw: RawConfig, context: RenderContext): RenderedOptions {
  const problems: ConfigProblem[] = [];
  const render = (text: string, path: readonly PropertyKey[]) => {
    try {
      return renderText(text, lateFieldsOf(String(path[0])), context);
    } catch (error) {
      problems.push({ option: optionPath(path), message: messageOf(error) });
      return text;
    }
  };
  const own = Object.entries(raw).filter(([name]) => !name.startsWith("packer_"));
  return { raw: { ...raw, ...mapTexts(Object.fromEntries(own), render) }, problems };
}

/** The values that an option may wait for; undefined when it is not rendered late. */
function lateFieldsOf(name: string): readonly string[] | undefined {
  if (!Object.hasOwn(configSchema.shape, name)) return undefined;
  return infoOf(configSchema.shape[name as keyof typeof configSchema.shape]).lateFields;
}

function renderText(text: string, lateFields: readonly string[] | undefined, context: RenderContext): string {
  if (!text.includes("{{")) return text;
  validateTemplate(text, context);
  const template = lateFields ? expandVariables(text, context) : text;
  const { fields } = references(template, context);
  const unknown = fields.find((field) => !lateFields?.includes(field));
  if (unknown !== undefined) throw new Error(unknownField(unknown, lateFields ?? []));
  if (!lateFields) return renderOnce(template, context);
  return fields.length > 0 ? template : literalTemplate(renderOnce(template, context));
}

function unknownField(field: string, known: readonly string[]): string {
  if (known.length === 0) return `uses {{.${field}}}, but there is no such value here`;
  return `uses {{.${field}}}, but only ${known.map((name) => `{{.${name}}}`).join(", ")} can be used here`;
}
