/** The flags, width and precision between the `%` and the verb. */
export interface FormatSpec {
  readonly minus: boolean;
  readonly plus: boolean;
  readonly sharp: boolean;
  readonly space: boolean;
  readonly zero: boolean;
  readonly width: number | undefined;
  readonly precision: number | undefined;
}

export const PLAIN: FormatSpec = {
  minus: false,
  plus: false,
  sharp: false,
  space: false,
  zero: false,
  width: undefined,
  precision: undefined,
};

/** Pads to the width, counted in code points; zeros only on the left. */
export function pad(text: string, spec: FormatSpec): string {
  const missing = (spec.width ?? 0) - [...text].length;
  if (missing <= 0) return text;
  if (spec.minus) return text + " ".repeat(missing);
  return (spec.zero ? "0" : " ").repeat(missing) + text;
}

/** Puts a sign before a number's digits, and zeros between the two. */
export function padNumber(digits: string, negative: boolean, spec: FormatSpec): string {
  const sign = negative ? "-" : spec.plus ? "+" : spec.space ? " " : "";
  if (!spec.zero || spec.minus) return pad(sign + digits, { ...spec, zero: false });
  return sign + digits.padStart((spec.width ?? 0) - sign.length, "0");
}
