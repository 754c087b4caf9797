import { ChrootError, type ErrorOptions, ExitCode } from "../../common/errors.ts";
import { locationOf, type Span } from "./source-file.ts";

/** One problem of a template, tied to the text that has it. */
export interface Diagnostic {
  readonly severity: "error" | "warning";
  /** What is wrong, as a headline: `Unknown variable`. */
  readonly summary: string;
  /** What exactly, and what would be right; sentences. */
  readonly detail: string;
  /** Absent for what has no place, such as a variable given on the command line. */
  readonly span?: Span | undefined;
  /** Values of the expressions involved, as they may be shown: sensitive ones are hidden. */
  readonly values?: readonly InvolvedValue[];
}

export interface InvolvedValue {
  /** The expression as the template has it: `var.disks`. */
  readonly expression: string;
  /** `is "eu-west-2"`, `is a list of string with 3 elements`, `has a sensitive value`. */
  readonly statement: string;
}

/** Where parsing and evaluation report problems and go on. */
export class Diagnostics {
  readonly #items: Diagnostic[] = [];
  #errorCount = 0;
  #isUnknownExpected = false;

  add(diagnostic: Diagnostic): void {
    this.#items.push(diagnostic);
    if (diagnostic.severity === "error") this.#errorCount++;
  }

  error(summary: string, detail: string, span?: Span, values?: readonly InvolvedValue[]): void {
    this.add({ severity: "error", summary, detail, span, ...(values ? { values } : {}) });
  }

  /** From here on a value that is not known is no error: data sources are not read, or variables not set. */
  expectUnknown(): void {
    this.#isUnknownExpected = true;
  }

  get isUnknownExpected(): boolean {
    return this.#isUnknownExpected;
  }

  /** An error of a value that is needed and not known, unless that is expected, or what another error has led to. */
  unknown(detail: string, span: Span): void {
    if (!this.#isUnknownExpected && !this.hasErrors) this.error("Unknown value", detail, span);
  }

  warn(summary: string, detail: string, span?: Span): void {
    this.add({ severity: "warning", summary, detail, span });
  }

  addAll(others: Iterable<Diagnostic>): void {
    for (const other of others) this.add(other);
  }

  get all(): readonly Diagnostic[] {
    return this.#items;
  }

  /** Each problem once: a provisioner that serves two sources is evaluated twice. */
  get distinct(): readonly Diagnostic[] {
    const keyOf = ({ summary, detail, span }: Diagnostic) =>
      `${summary}\n${detail}\n${span?.source.name}\n${span?.start}`;
    return [...new Map(this.#items.map((item) => [keyOf(item), item])).values()];
  }

  get errors(): readonly Diagnostic[] {
    return this.#items.filter(({ severity }) => severity === "error");
  }

  /** How many errors there are: whether something has failed is whether it has grown meanwhile. */
  get errorCount(): number {
    return this.#errorCount;
  }

  get hasErrors(): boolean {
    return this.#errorCount > 0;
  }

  /** @throws {TemplateError} with every problem found so far, warnings included, when one is an error */
  throwIfErrors(): void {
    if (this.hasErrors) throw new TemplateError(this.distinct);
  }
}

/** A template is refused; every problem that was found is in `diagnostics`. */
export class TemplateError extends ChrootError {
  override readonly code = "E_TEMPLATE";
  override readonly exitCode = ExitCode.Template;
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[], options: ErrorOptions = {}) {
    const errors = diagnostics.filter(({ severity }) => severity === "error");
    const lines = errors.map(diagnosticLine);
    super(lines.length === 1 ? (lines[0] ?? "") : `${lines.length} problems:\n  ${lines.join("\n  ")}`, options);
    this.diagnostics = diagnostics;
  }
}

/** A problem on one line: `web.pkr.hcl:3:7: Unknown variable: There is no variable named "regon"`. */
export function diagnosticLine({ summary, detail, span }: Diagnostic): string {
  const text = detail === "" ? summary : `${summary}: ${detail}`;
  if (!span) return text;
  const { file, line, column } = locationOf(span);
  return `${file}:${line}:${column}: ${text}`;
}
