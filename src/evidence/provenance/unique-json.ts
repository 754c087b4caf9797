/**
 * JSON in which no object has a name twice. Which of two counts is not said anywhere: what one program has checked, another
 * might not read.
 * @throws {SyntaxError}
 */
export function parseUniqueJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  const twice = findRepeatedName(text);
  if (twice !== undefined) throw new SyntaxError(`The name ${twice} stands twice in one object`);
  return value;
}

/** Strings, and the marks that open, close and divide. */
const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\],:]/gs;

/** @param text JSON that is known to be valid */
function findRepeatedName(text: string): string | undefined {
  /** The names of the objects that are open; undefined for a list. */
  const open: (Set<string> | undefined)[] = [];
  let isName = false;
  for (const [token] of text.matchAll(TOKENS)) {
    const names = open.at(-1);
    if (token === "{" || token === "[") {
      open.push(token === "{" ? new Set() : undefined);
      isName = token === "{";
    } else if (token === "}" || token === "]") {
      open.pop();
      isName = false;
    } else if (token === ",") {
      isName = names !== undefined;
    } else if (token === ":") {
      isName = false;
    } else if (isName && names !== undefined) {
      const name: string = JSON.parse(token); // "a" and "\u0061" are one
      if (names.has(name)) return token;
      names.add(name);
    }
  }
  return undefined;
}
