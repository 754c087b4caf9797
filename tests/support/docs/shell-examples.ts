import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A call of our program in a fenced `sh` block of a page. */
export interface ShellExample {
  /** `docs/local-cloud.md: outscale-chroot local-cloud start`: the page, and the line without its comment. */
  readonly title: string;
  /** What follows the program's name, up to a pipe, a redirection or a comment. */
  readonly argv: readonly string[];
}

/** Every call of our program in README.md and docs/. */
export function shellExamples(): readonly ShellExample[] {
  const pages = [
    "README.md",
    ...readdirSync("docs")
      .filter((name) => name.endsWith(".md"))
      .map((name) => join("docs", name)),
  ];
  return pages.flatMap((page) => shellLines(readFileSync(page, "utf8")).flatMap((line) => examplesIn(page, line)));
}

/** The contents of the fenced blocks of a language. */
export function fencedBlocks(text: string, language: string): readonly string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map(([, block = ""]) => block);
}

function shellLines(text: string): readonly string[] {
  return fencedBlocks(text, "sh").flatMap((block) => block.replaceAll("\\\n", " ").split("\n"));
}

function examplesIn(page: string, line: string): readonly ShellExample[] {
  const words = (line.match(/'[^']*'|"[^"]*"|\S+/g) ?? []).map((word) => word.replace(/^(['"])(.*)\1$/, "$2"));
  const start = words.findIndex((word) => /^(\.\/bin\/)?outscale-chroot$/.test(word));
  if (start < 0) return [];
  const rest = words.slice(start + 1);
  const end = rest.findIndex((word) => /^([|<>&;#]|&&|\|\|)/.test(word));
  const argv = end < 0 ? rest : rest.slice(0, end);
  return [{ title: `${page}: outscale-chroot ${argv.join(" ")}`, argv }];
}
