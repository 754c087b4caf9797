/** An exact fraction; the denominator is positive. */
export interface Rational {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** A number as decimal digits: its size is `0.DIGITS` times ten to the power of `point`. Zero has no digits. */
export interface Decimal {
  readonly negative: boolean;
  readonly digits: string;
  readonly point: number;
}

/** What a finite double is, exactly. */
export function rationalOf(value: number): Rational {
  let scaled = value;
  let exponent = 0n;
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    exponent += 1n;
  }
  return { numerator: BigInt(scaled), denominator: 1n << exponent };
}

/** The fewest digits that name this double and no other. */
export function shortestDecimal(value: number): Decimal {
  const negative = value < 0 || Object.is(value, -0);
  if (value === 0) return { negative, digits: "", point: 0 };
  const [mantissa = "", exponent = "0"] = Math.abs(value).toExponential().split("e");
  return { negative, digits: mantissa.replace(".", ""), point: Number(exponent) + 1 };
}

/**
 * Rounds half to even, as Go's formatting does.
 *
 * @param limit Digits in all, or digits after the point
 */
export function roundToDecimal(
  value: Rational,
  limit: { readonly significant: number } | { readonly decimals: number },
): Decimal {
  const negative = value.numerator < 0n;
  const numerator = negative ? -value.numerator : value.numerator;
  if (numerator === 0n) return { negative, digits: "", point: 0 };
  const decimals =
    "decimals" in limit ? limit.decimals : limit.significant - 1 - exponentOf(numerator, value.denominator);
  const rounded = scaleAndRound(numerator, value.denominator, decimals).toString();
  if (rounded === "0") return { negative, digits: "", point: 0 };
  const kept = "significant" in limit ? rounded.slice(0, limit.significant) : rounded; // 9.96 became 10.0
  return { negative, digits: kept.replace(/0+$/, ""), point: rounded.length - decimals };
}

/** The power of ten of the first digit: 0 for 1 to 9.99. */
function exponentOf(numerator: bigint, denominator: bigint): number {
  const guess = numerator.toString().length - denominator.toString().length;
  const atLeast =
    guess >= 0 ? numerator >= denominator * 10n ** BigInt(guess) : numerator * 10n ** BigInt(-guess) >= denominator;
  return atLeast ? guess : guess - 1;
}

function scaleAndRound(numerator: bigint, denominator: bigint, decimals: number): bigint {
  const top = decimals >= 0 ? numerator * 10n ** BigInt(decimals) : numerator;
  const bottom = decimals >= 0 ? denominator : denominator * 10n ** BigInt(-decimals);
  const quotient = top / bottom;
  const twice = (top % bottom) * 2n;
  const up = twice > bottom || (twice === bottom && quotient % 2n === 1n);
  return up ? quotient + 1n : quotient;
}

/** Lays digits out as `d.ddde+XX`. */
export function toScientificText(value: Decimal, precision: number): string {
  const digits = value.digits.padEnd(precision + 1, "0").slice(0, precision + 1);
  const exponent = value.digits === "" ? 0 : value.point - 1;
  const fraction = precision > 0 ? `.${digits.slice(1)}` : "";
  const power = `${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  return `${value.negative ? "-" : ""}${digits[0]}${fraction}e${power}`;
}

/** Lays digits out as `ddd.ddd`. */
export function toFixedText(value: Decimal, precision: number): string {
  const whole = value.point > 0 ? value.digits.slice(0, value.point).padEnd(value.point, "0") : "0";
  const fraction = "0".repeat(Math.max(0, -value.point)) + value.digits.slice(Math.max(0, value.point));
  const shown = precision > 0 ? `.${fraction.padEnd(precision, "0").slice(0, precision)}` : "";
  return `${value.negative ? "-" : ""}${whole}${shown}`;
}

/**
 * Lays digits out as `%g`: scientific when the exponent is below -4 or not below the precision.
 *
 * @param precision The most significant digits; undefined when the digits are the shortest ones
 */
export function toGeneralText(value: Decimal, precision: number | undefined): string {
  const count = value.digits.length;
  const exponent = value.digits === "" ? -1 : value.point - 1;
  const asked = precision ?? 6;
  const limit = precision !== undefined && asked > count && count >= value.point ? count : asked;
  if (exponent < -4 || (exponent >= limit && value.digits !== "")) {
    return toScientificText(value, Math.max(0, Math.min(precision ?? count, count) - 1));
  }
  return toFixedText(value, Math.max(0, count - value.point));
}
