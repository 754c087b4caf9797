/**
 * The same program in ASCII, which Node reads in less time than what it has to decode. It means the same, in strings, templates, expressions
 * and names.
 * @param {string} code
 * @returns {string}
 */
export function escaped(code) {
  if (/String\.raw`[^`]*[^\0-\x7f]/.test(code)) throw new Error("String.raw would show the escapes");
  return code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
