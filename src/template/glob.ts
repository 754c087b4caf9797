/**
 * A pattern of `-only` and `-except` as a regular expression: `*` and `**` for any text, `?` for a character, `[a-z]`
 * and `[!a-z]` for one of several, `{a,b}` for alternatives, a backslash for what follows as it is. Undefined when it is broken.
 * @see gobwas/glob, with which Packer reads them
 */
export function compileGlob(pattern: string): RegExp | undefined {
  let source = "";
  let depth = 0;
  for (const token of pattern.match(/\\[\s\S]|\*+|\[!?[^\]]+\]|[\s\S]/g) ?? []) {
    if (token.startsWith("*")) source += "[\\s\\S]*";
    else if (token === "?") source += "[\\s\\S]";
    else if (token.length > 1 && token.startsWith("[")) source += characterClass(token);
    else if (token === "{") {
      source += "(?:";
      depth++;
    } else if (token === "}" && depth > 0) {
      source += ")";
      depth--;
    } else if (token === "," && depth > 0) source += "|";
    else source += escapeText(token.length > 1 ? token.slice(1) : token);
  }
  return depth === 0 ? new RegExp(`^${source}$`) : undefined;
}

function characterClass(token: string): string {
  const isNegated = token.startsWith("[!");
  const characters = token.slice(isNegated ? 2 : 1, -1).replace(/[\\^[\]]/g, "\\$&");
  return `[${isNegated ? "^" : ""}${characters}]`;
}

function escapeText(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
