import { styleText } from "node:util";
import { countGraphemes } from "../../common/graphemes.ts";
import type { Location } from "../../common/location.ts";
import { secrets } from "../../common/secrets.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { locationOf, type Span } from "./source-file.ts";

/** Longer lines are shown in part, around what is wrong. */
const WIDEST_LINE = 160;

type Style = "bold" | "red" | "yellow" | "dim";
type Paint = (style: Style, text: string) => string;

/**
 * A problem as a person reads it: what is wrong, the place, the line of the template with what is meant underlined, the
 * values involved, and what would be right.
 *
 * ```text
 * Error: Unsupported attribute
 *
 *   on web.pkr.hcl:12:14:
 *   12 |   region   = var.regon
 *      |              ^^^^^^^^^
 *
 * This object does not have an attribute named "regon". Did you mean "region"?
 * ```
 */
export function printDiagnostic(diagnostic: Diagnostic, options: { readonly color?: boolean } = {}): string {
  const paint: Paint = options.color
    ? (style, text) => styleText(style, text, { validateStream: false })
    : (_, text) => text;
  const { severity, summary, detail, span, values = [] } = diagnostic;
  const isError = severity === "error";
  const head = `${paint(isError ? "red" : "yellow", isError ? "Error:" : "Warning:")} ${paint("bold", summary)}`;
  const snippet = span ? printSnippet(span, paint) : [];
  const involved = values.map(({ expression, statement }) => paint("dim", `  ${expression} ${statement}`));
  const parts = [[head], [...snippet, ...involved], detail === "" ? [] : [detail]];
  const filled = parts.filter(({ length }) => length > 0).map((part) => part.join("\n"));
  // A line of the template may hold a secret, such as the default of a sensitive variable.
  return secrets.mask(`${filled.join("\n\n")}\n`);
}

function printSnippet(span: Span, paint: Paint): readonly string[] {
  const place = locationOf(span);
  const { text, start, end } = visiblePart(span, place);
  const number = `${place.line}`;
  const margin = " ".repeat(number.length);
  const before = text.slice(0, start).replace(/[^\t]/gu, " ");
  const width = Math.max(1, countGraphemes(text.slice(start, end)));
  return [
    `  on ${place.file}:${place.line}:${place.column}:`,
    `  ${paint("dim", `${number} |`)} ${text}`,
    `  ${paint("dim", `${margin} |`)} ${padTo(before, countGraphemes(text.slice(0, start)))}${paint("red", "^".repeat(width))}`,
  ];
}

/** Characters that are several UTF-16 units wide have made the padding too long. */
function padTo(padding: string, width: number): string {
  return padding.slice(Math.max(0, padding.length - width));
}

/** The line that a span begins on, or a piece of it, with where the span begins and ends there. */
function visiblePart({ source, start, end }: Span, { line }: Location): { text: string; start: number; end: number } {
  const whole = source.lineText(line);
  const lineStart = source.text.lastIndexOf("\n", start - 1) + 1;
  const from = Math.min(start - lineStart, whole.length);
  const to = Math.min(Math.max(end - lineStart, from), whole.length);
  if (whole.length <= WIDEST_LINE) return { text: whole, start: from, end: to };
  const cut = Math.max(0, Math.min(from - 40, whole.length - WIDEST_LINE));
  const text = whole.slice(cut, cut + WIDEST_LINE);
  return { text, start: from - cut, end: Math.min(to - cut, WIDEST_LINE) };
}

/** A problem for programs, as `validate --json` shows it. */
export interface DiagnosticJson {
  readonly severity: Diagnostic["severity"];
  readonly summary: string;
  readonly detail: string;
  readonly range?: {
    readonly filename: string;
    readonly start: { readonly line: number; readonly column: number };
    readonly end: { readonly line: number; readonly column: number };
  };
  readonly snippet?: string;
  readonly values?: readonly { readonly expression: string; readonly statement: string }[];
}

export function diagnosticJson({ severity, summary, detail, span, values }: Diagnostic): DiagnosticJson {
  const base = { severity, summary, detail: secrets.mask(detail), ...(values && values.length > 0 ? { values } : {}) };
  if (!span) return base;
  const { file, line, column } = locationOf(span);
  const end = span.source.locate(span.end);
  const range = { filename: file, start: { line, column }, end: { line: end.line, column: end.column } };
  return { ...base, range, snippet: secrets.mask(span.source.lineText(line)) };
}
