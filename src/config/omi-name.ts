import { cleanOmiName } from "../go-template/packer-functions.ts";

/** @see CreateImage in the OUTSCALE API */
export const LONGEST_OMI_NAME = 128;
const SHORTEST_OMI_NAME = 3;

/**
 * Why a text cannot be an OMI's name; undefined when it can.
 * @see CreateImage in the OUTSCALE API: 3-128 of letters, digits, `_`, space, `(`, `)`, `/`, `.`, `-`, which
 * `clean_omi_name` makes of every text.
 */
export function omiNameProblem(name: string): string | undefined {
  if (name === "") return "is required";
  const refused = [...new Set(name)].filter((letter) => cleanOmiName(letter) !== letter);
  if (refused.length > 0)
    return `must not contain ${refused.map((letter) => JSON.stringify(letter)).join(", ")}: "${name}"`;
  if (name.length >= SHORTEST_OMI_NAME && name.length <= LONGEST_OMI_NAME) return undefined;
  return `must have ${SHORTEST_OMI_NAME} to ${LONGEST_OMI_NAME} characters, not ${name.length}: "${name}"`;
}
