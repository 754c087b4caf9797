/**
 * JSON text as Go's encoder writes it: `<`, `>` and `&` are escaped, so that it can stand in HTML, and so are two line ends of
 * Unicode, which were none in JavaScript.
 * @param json From `JSON.stringify()`: outside strings it has none of these
 */
export function escapeJsonAsGo(json: string): string {
  return json.replace(/[<>&\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}
