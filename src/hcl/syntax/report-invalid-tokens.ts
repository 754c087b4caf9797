import type { Diagnostics } from "../source/diagnostic.ts";
import type { SourceFile } from "../source/source-file.ts";
import type { Token } from "./token.ts";

/** Signs that other languages have, and what to write here. */
const ADVICE: ReadonlyMap<string, string> = new Map([
  ["'", 'Single quotes are not valid. Use double quotes (") to enclose strings.'],
  ["`", 'Backticks are not valid. Use double quotes, or a heredoc ("<<EOT") for a text of several lines.'],
  [";", "Semicolons are not valid. Each argument and each block stands on lines of its own."],
  ["&", 'Bitwise operators are not supported. Did you mean the boolean AND ("&&")?'],
  ["|", 'Bitwise operators are not supported. Did you mean the boolean OR ("||")?'],
  ["~", 'Bitwise operators are not supported. Did you mean the boolean NOT ("!")?'],
  ["^", "Bitwise operators are not supported. For a power, use the function pow()."],
  ["\r", "A carriage return is valid only before a line feed."],
]);

/** Reports what starts no token, each character once; the parser says nothing more about it. */
export function reportInvalidTokens(source: SourceFile, tokens: readonly Token[], diagnostics: Diagnostics): void {
  const seen = new Set<string>();
  for (const { type, start, end } of tokens) {
    if (type !== "invalid" && type !== "text-newline") continue;
    const text = type === "invalid" ? source.text.slice(start, end) : "\n";
    if (seen.has(text)) continue;
    seen.add(text);
    const { summary, detail } = describe(text);
    diagnostics.error(summary, detail, {
      source,
      start,
      end: text.startsWith("/*") ? start + 2 : Math.max(end, start + 1),
    });
  }
}

function describe(text: string): { summary: string; detail: string } {
  if (text === "\n") {
    const detail = 'A quoted string ends on its line. Use a heredoc ("<<EOT"), or "\\n" for a line end in it.';
    return { summary: "Invalid multi-line string", detail };
  }
  if (text.startsWith("/*")) return { summary: "Unterminated comment", detail: 'The comment has no closing "*/".' };
  const code = (text.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  const detail = ADVICE.get(text) ?? `The character "${text}" (U+${code}) is not used in the language.`;
  return { summary: "Invalid character", detail };
}
