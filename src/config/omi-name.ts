import type { TemplateFunction } from "../go-template/context.ts";

/** @see CreateImage in the OUTSCALE API */
export const LONGEST_OMI_NAME = 128;
const SHORTEST_OMI_NAME = 3;
const REFUSED_LETTERS = /[^A-Za-z0-9_ ()/.-]/gu;

/**
 * Why a text cannot be an OMI's name; undefined when it can.
 * @see CreateImage in the OUTSCALE API: 3-128 of letters, digits, `_`, space, `(`, `)`, `/`, `.`, `-`. The plugin for Packer
 * also lets `[ ] ' @` pass, which the API then refuses at the end of the build.
 */
export function omiNameProblem(name: string): string | undefined {
  if (name === "") return "is required";
  const refused = [...new Set(name.match(REFUSED_LETTERS))];
  if (refused.length > 0)
    return `must not contain ${refused.map((letter) => JSON.stringify(letter)).join(", ")}: "${name}"`;
  if (name.length >= SHORTEST_OMI_NAME && name.length <= LONGEST_OMI_NAME) return undefined;
  return `must have ${SHORTEST_OMI_NAME} to ${LONGEST_OMI_NAME} characters, not ${name.length}: "${name}"`;
}

/** The text with a dash for each character that an OMI's name may not have. */
export function cleanOmiName(text: string): string {
  return text.replace(REFUSED_LETTERS, "-");
}

const clean: TemplateFunction = { params: ["string"], call: (text) => cleanOmiName(String(text)) };

/** What templates of this builder can call besides Packer's own functions. */
export const templateFunctions: Readonly<Record<string, TemplateFunction>> = {
  clean_resource_name: clean,
  clean_omi_name: clean,
};
