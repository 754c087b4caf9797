import { RE2JS, RE2JSException } from "re2js";

/** A compiled pattern. The whole text must match. */
export interface Glob {
  test(text: string): boolean;
}

/** How a pattern is cut up, and what its parts stand for as regular expressions. */
interface Dialect {
  readonly tokens: RegExp;
  readonly stars: (token: string) => string;
  readonly one: string;
  /** What a class such as `[!a]` never matches either. */
  readonly notInClass: string;
  /** What a class begins with that matches all but its characters. */
  readonly negations: string;
  /** A bracket that is not closed, and a backslash before nothing, are themselves. */
  readonly isLenient: boolean;
}

const TEXT: Dialect = {
  tokens: /\\[\s\S]|\*+|\[!?[^\]]+\]|[\s\S]/g,
  stars: () => ".*",
  one: ".",
  notInClass: "",
  negations: "!",
  isLenient: true,
};

const PATH: Dialect = {
  tokens: /\\[\s\S]|\/\*\*$|(?<![^/{,])\*\*\/|\*+|\[!?[^\]]+\]|[\s\S]/g,
  stars: (token) => FOLDERS[token] ?? "[^/]*",
  one: "[^/]",
  notInClass: "/",
  negations: "!^",
  isLenient: false,
};

/** `**` for whole names: a folder and everything in it; folders on the way, or none. */
const FOLDERS: Readonly<Record<string, string>> = { "/**": "(?:/.*)?", "**/": "(?:[^/]*/)*" };

/**
 * A pattern of `-only` and `-except`: `*` and `**` for any text, `?` for a character, `[a-z]` and `[!a-z]` for one of
 * several, `{a,b}` for alternatives, a backslash for what follows as it is. Undefined when it is broken.
 *
 * RE2 runs it, in a time that grows with the text alone: JavaScript's own regular expressions try every way to share a
 * long name out among several stars, and the name may come from somebody else.
 * @see gobwas/glob, with which Packer reads them
 */
export function compileGlob(pattern: string): Glob | undefined {
  return compile(pattern, TEXT);
}

/**
 * The same for paths, as `fileset()` reads them: `[^a-z]` is `[!a-z]`, and what is not closed is broken; only `**` as a
 * whole name goes over slashes, and stands for any number of folders, or none.
 */
export function compilePathGlob(pattern: string): Glob | undefined {
  return compile(pattern === "**" ? "**/*" : pattern, PATH);
}

function compile(pattern: string, dialect: Dialect): Glob | undefined {
  let source = "";
  let depth = 0;
  for (const token of pattern.match(dialect.tokens) ?? []) {
    if (/^\/?\*/.test(token)) source += dialect.stars(token);
    else if (token === "?") source += dialect.one;
    else if (token.length > 1 && token.startsWith("[")) source += characterClass(token, dialect);
    else if (token === "{") {
      source += "(?:";
      depth++;
    } else if (token === "}" && depth > 0) {
      source += ")";
      depth--;
    } else if (token === "," && depth > 0) source += "|";
    else if (!dialect.isLenient && (token === "[" || token === "\\")) return undefined;
    else source += RE2JS.quote(token.length > 1 ? token.slice(1) : token);
  }
  return depth === 0 ? compileSource(source) : undefined;
}

function compileSource(source: string): Glob | undefined {
  try {
    const compiled = RE2JS.compile(source, RE2JS.DOTALL);
    return { test: (text) => compiled.matches(text) };
  } catch (error) {
    if (error instanceof RE2JSException) return undefined;
    throw error;
  }
}

function characterClass(token: string, { notInClass, negations }: Dialect): string {
  const isNegated = token.length > 3 && negations.includes(token.charAt(1));
  const characters = token.slice(isNegated ? 2 : 1, -1).replace(/[\\^[\]]/g, "\\$&");
  return isNegated ? `[^${characters}${notInClass}]` : `[${characters}]`;
}
