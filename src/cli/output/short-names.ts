import { cutToWidth, padToWidth, widthOf } from "../../terminal/text-width.ts";

/** A name takes no more of a live line than this. */
const LONGEST = 24;

/**
 * The names of builds as live lines show them: without the builder's type, when all have the same one, and equally wide.
 * @param names As the template has them: `outscale-chroot.web`
 */
export function shortNames(names: readonly string[]): ReadonlyMap<string, string> {
  const types = new Set(names.map((name) => name.slice(0, name.indexOf(".") + 1)));
  const [type = ""] = types.size === 1 ? types : [];
  const short = names.map((name) => cutToWidth(name.slice(type.length), LONGEST));
  const width = Math.max(0, ...short.map(widthOf));
  return new Map(names.map((name, index) => [name, padToWidth(short[index] ?? name, width)]));
}
