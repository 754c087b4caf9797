import { isDeepStrictEqual } from "node:util";
import { HIDDEN } from "../common/secrets.ts";
import { hideOptions } from "../definition/hide-options.ts";
import { mapTexts } from "../definition/map-texts.ts";
import type { RawConfig } from "../definition/raw-value.ts";
import type { RenderContext } from "../go-template/context.ts";
import { usesVariable } from "../go-template/references.ts";
import { isOption } from "./check-options.ts";
import { coerce } from "./coerce.ts";
import { renderOptions } from "./render-options.ts";
import { type CheckedOptions, configSchema } from "./schema.ts";

/**
 * Checked options for people to look at: {@link HIDDEN} stands in the place of what is sensitive, also where the type says
 * that there is a number. It compares to no number, so that the rules of a build take it for one that nobody knows. Options
 * that are true or false are shown: what a build does depends on them.
 * @param raw What the options were read from
 * @param sensitive Paths in it
 */
export function showOptions(
  raw: RawConfig,
  options: CheckedOptions,
  sensitive: ReadonlySet<string>,
  context: RenderContext,
): CheckedOptions {
  const hidden = hideSensitive(raw, options, sensitive, context);
  const changed = Object.entries(hidden).filter(([name, value]) => !isDeepStrictEqual(value, raw[name]));
  const rendered = renderOptions(Object.fromEntries(changed), context);
  const shown = Object.entries(rendered.raw).flatMap(([name, value]) => {
    if (!isOption(name) || typeof options[name] === "boolean") return [];
    const schema = configSchema.shape[name];
    const bent = coerce(schema, value);
    const parsed = schema.safeParse(bent);
    return [[name, parsed.success ? parsed.data : bent] as const];
  });
  return { ...options, ...Object.fromEntries(shown) };
}

/** Who holds them is the account's owner: they are shown to nobody, whatever a template does with them. */
const CREDENTIALS: ReadonlySet<string> = new Set(["access_key", "secret_key", "mfa_code", "token"]);

/** The options as they were given, without credentials and without what Packer itself tells a builder. */
export function showGiven(
  raw: RawConfig,
  options: CheckedOptions,
  sensitive: ReadonlySet<string>,
  context: RenderContext,
): RawConfig {
  const hidden = Object.entries(hideSensitive(raw, options, sensitive, context));
  const shown = hidden.filter(([name, value]) => value !== null && !name.startsWith("packer_"));
  return Object.fromEntries(shown.map(([name, value]) => [name, CREDENTIALS.has(name) ? HIDDEN : value]));
}

function hideSensitive(
  raw: RawConfig,
  options: CheckedOptions,
  sensitive: ReadonlySet<string>,
  context: RenderContext,
): RawConfig {
  const variables = options.packer_sensitive_variables;
  const hide = (text: string) => (usesVariable(text, variables, context) ? HIDDEN : text);
  return mapTexts(hideOptions(raw, sensitive), hide);
}
