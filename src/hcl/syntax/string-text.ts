/** Finds one escape, or a `$` or `%`, in the text of a template. */
const QUOTED_ESCAPE = /\\(?:u[0-9a-fA-F]{0,4}|U[0-9a-fA-F]{0,8}|[\s\S]?)|\$\$\{|%%\{/gu;
const PLAIN_ESCAPE = /\$\$\{|%%\{/g;
const SIMPLE_ESCAPES: ReadonlyMap<string, string> = new Map([
  ["\\n", "\n"],
  ["\\r", "\r"],
  ["\\t", "\t"],
  ['\\"', '"'],
  ["\\\\", "\\"],
]);

/**
 * The text that a piece of a template stands for: `\n` and the like in a quoted one, `$${` and `%%{` in every one.
 *
 * @param report Called with the offset and the length of an escape that means nothing, and why
 */
export function resolveText(
  text: string,
  isQuoted: boolean,
  report: (offset: number, length: number, reason: string) => void,
): string {
  return text.replace(isQuoted ? QUOTED_ESCAPE : PLAIN_ESCAPE, (sequence: string, offset: number) => {
    if (!sequence.startsWith("\\")) return sequence.slice(1);
    const simple = SIMPLE_ESCAPES.get(sequence);
    if (simple !== undefined) return simple;
    const resolved = resolveUnicode(sequence);
    if (resolved.character !== undefined) return resolved.character;
    report(offset, sequence.length, resolved.reason);
    return sequence.slice(1);
  });
}

function resolveUnicode(sequence: string): { character?: string; reason: string } {
  const kind = sequence.charAt(1);
  if (kind !== "u" && kind !== "U") {
    return { reason: `"${sequence}" is not an escape; there are \\n, \\r, \\t, \\", \\\\, \\uNNNN and \\UNNNNNNNN.` };
  }
  const digits = kind === "u" ? 4 : 8;
  if (sequence.length !== digits + 2) return { reason: `"\\${kind}" needs ${digits} hexadecimal digits.` };
  const code = Number.parseInt(sequence.slice(2), 16);
  const isSurrogate = code >= 0xd800 && code <= 0xdfff;
  if (code > 0x10ffff || isSurrogate) return { reason: `There is no character U+${sequence.slice(2).toUpperCase()}.` };
  return { character: String.fromCodePoint(code), reason: "" };
}
