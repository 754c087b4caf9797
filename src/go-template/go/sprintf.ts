import { type FormatSpec, PLAIN } from "./format-spec.ts";
import { formatValue } from "./format-value.ts";
import { type GoValue, typeName } from "./values.ts";

/** The limit on a width or a precision, about Go's own. */
const WIDEST = 1_000_000;

/** `fmt.Sprint`: operands side by side, with a space between two that are not strings. */
export function sprint(values: readonly GoValue[]): string {
  return values
    .map((value, index) => {
      const spaced = index > 0 && typeof value !== "string" && typeof values[index - 1] !== "string";
      return (spaced ? " " : "") + formatValue(value, "v", PLAIN);
    })
    .join("");
}

/** `fmt.Sprintln`: operands with spaces between them, and a line feed. */
export function sprintln(values: readonly GoValue[]): string {
  return `${values.map((value) => formatValue(value, "v", PLAIN)).join(" ")}\n`;
}

/**
 * `fmt.Sprintf`, with all verbs but `%p` and the binary and hexadecimal forms of floats. As in Go, a verb that does
 * not fit its operand shows in the result: `%!d(string=x)`.
 */
export function sprintf(format: string, values: readonly GoValue[]): string {
  const operands = new Operands(values);
  const pieces: string[] = [];
  let at = 0;
  for (let percent = format.indexOf("%"); percent >= 0; percent = format.indexOf("%", at)) {
    const reader = new VerbReader(format, percent + 1, operands);
    pieces.push(format.slice(at, percent), reader.format());
    at = reader.at;
  }
  return pieces.join("") + format.slice(at) + operands.extra();
}

/** The values of one call, taken in order or by `%[n]`. */
class Operands {
  readonly #values: readonly GoValue[];
  #next = 0;
  #reordered = false;

  constructor(values: readonly GoValue[]) {
    this.#values = values;
  }

  /** Moves to the operand that `[n]` names; false when there is none. */
  jump(index: string): boolean {
    this.#reordered = true;
    const position = /^\d+$/.test(index) ? Number(index) : 0;
    if (position < 1 || position > this.#values.length) return false;
    this.#next = position - 1;
    return true;
  }

  take(): GoValue | undefined {
    return this.#next < this.#values.length ? this.#values[this.#next++] : undefined;
  }

  /** What Go appends when operands are left over. */
  extra(): string {
    const rest = this.#reordered ? [] : this.#values.slice(this.#next);
    if (rest.length === 0) return "";
    const shown = rest.map((value) => {
      const text = formatValue(value, "v", PLAIN);
      return value === null ? text : `${typeName(value)}=${text}`;
    });
    return `%!(EXTRA ${shown.join(", ")})`;
  }
}

const FLAGS = /[#0+\- ]*/y;
const DIGITS = /\d+/y;
const INDEX = /\[(?:([^\]]*)\])?/y;
const STAR = /\*/y;
const DOT = /\.(?=.)/sy;

/** Reads one verb: `% flags [index] width .precision [index] verb`. */
class VerbReader {
  at: number;
  #errors = "";
  #badIndex = false;
  /** Just past an `[n]`, where only a `*` or the verb may follow. */
  #afterIndex = false;
  readonly #format: string;
  readonly #operands: Operands;

  constructor(format: string, start: number, operands: Operands) {
    this.#format = format;
    this.at = start;
    this.#operands = operands;
  }

  format(): string {
    const flags = this.#accept(FLAGS)?.[0] ?? "";
    this.#acceptIndex();
    const width = this.#acceptWidth();
    const precision = this.#acceptPrecision();
    if (!this.#afterIndex) this.#acceptIndex();
    const code = this.#format.codePointAt(this.at);
    if (code === undefined) return `${this.#errors}%!(NOVERB)`;
    const verb = String.fromCodePoint(code);
    this.at += verb.length;
    const spec: FormatSpec = {
      minus: flags.includes("-") || (width ?? 0) < 0,
      plus: flags.includes("+"),
      sharp: flags.includes("#"),
      space: flags.includes(" "),
      zero: flags.includes("0"),
      width: width === undefined ? undefined : Math.abs(width),
      precision,
    };
    return this.#errors + this.#formatOperand(verb, spec);
  }

  #accept(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.#format);
    this.at += match?.[0].length ?? 0;
    return match;
  }

  #acceptIndex(): void {
    const match = this.#accept(INDEX);
    if (!match) return;
    const [, index] = match; // undefined when the bracket does not close
    this.#afterIndex = index !== undefined;
    if (!this.#operands.jump(index ?? "")) this.#badIndex = true;
  }

  #acceptWidth(): number | undefined {
    if (this.#accept(STAR)) return this.#starred((size) => size !== undefined, "%!(BADWIDTH)");
    const size = this.#acceptNumber();
    if (size !== undefined && this.#afterIndex) this.#badIndex = true; // %[3]2d
    return size;
  }

  #acceptPrecision(): number | undefined {
    if (!this.#accept(DOT)) return undefined;
    if (this.#afterIndex) this.#badIndex = true; // %[3].2d
    this.#afterIndex = false;
    this.#acceptIndex();
    if (this.#accept(STAR)) return this.#starred((size) => size !== undefined && size >= 0, "%!(BADPREC)");
    return this.#acceptNumber() ?? 0;
  }

  #acceptNumber(): number | undefined {
    const size = Number(this.#accept(DIGITS)?.[0] ?? Number.NaN);
    return size <= WIDEST ? size : undefined;
  }

  /** A `*`: the size is the next operand, which must be an integer. */
  #starred(isGood: (size: number | undefined) => boolean, complaint: string): number | undefined {
    this.#afterIndex = false;
    const operand = this.#operands.take();
    const size = typeof operand === "bigint" ? Number(operand) : undefined;
    const sane = size !== undefined && Math.abs(size) <= WIDEST ? size : undefined;
    if (isGood(sane)) return sane;
    this.#errors += complaint;
    return undefined;
  }

  #formatOperand(verb: string, spec: FormatSpec): string {
    if (verb === "%") return "%";
    if (this.#badIndex) return `%!${verb}(BADINDEX)`;
    const operand = this.#operands.take();
    if (operand === undefined) return `%!${verb}(MISSING)`;
    if (verb !== "v") return formatValue(operand, verb, spec);
    return formatValue(operand, spec.sharp ? "#v" : "v", { ...spec, sharp: false, plus: false });
  }
}
