import { styleText } from "node:util";
import type { LineKind } from "../../bake/report.ts";

export type BuildColor = "green" | "cyan" | "magenta" | "yellow" | "blue";
const COLORS: readonly BuildColor[] = ["green", "cyan", "magenta", "yellow", "blue"];

/** The colour of the n-th build, as Packer deals them. */
export function colorOf(index: number): BuildColor {
  return COLORS[index % COLORS.length] ?? "green";
}

/**
 * A message as Packer's users know it: every line of it after `==> name:`, or indented as much for a detail; after
 * `name (manifest):` for a post-processor.
 */
export function prefixed(kind: LineKind, build: string, message: string, part?: string): string {
  const mark = kind === "message" ? "    " : "==> ";
  const name = part === undefined ? build : `${build} (${part})`;
  const text = kind === "warn" ? `Warning: ${message}` : message;
  return text
    .split("\n")
    .map((line) => `${mark}${name}: ${line}`.trimEnd())
    .join("\n")
    .trimEnd();
}

/** Lines in the build's colour: headlines bold, errors red, warnings yellow. */
export function painted(kind: LineKind, color: BuildColor, text: string): string {
  const style = kind === "error" ? "red" : kind === "warn" ? "yellow" : color;
  const format = kind === "message" ? ([style] as const) : (["bold", style] as const);
  // Whether there is colour was decided before, by the flags and the terminal.
  return text
    .split("\n")
    .map((line) => line && styleText([...format], line, { validateStream: false }))
    .join("\n");
}

/** `2026-01-02T03:04:05Z: ` before each line of a text, empty ones apart. Packer puts it before the first one only. */
export function timestamped(text: string, now: Date): string {
  const time = now.toISOString().replace(/\.\d+Z$/, "Z");
  return text.replace(/^(?=.)/gm, `${time}: `);
}
