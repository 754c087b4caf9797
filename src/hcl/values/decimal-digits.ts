import { bitLength } from "./bits.ts";

/** `0.DIGITS * 10 ** point`, without zeros at either end. */
export interface Decimal {
  readonly digits: string;
  readonly point: number;
}

function digitAt(digits: string, index: number): number {
  return index < digits.length ? digits.charCodeAt(index) - 48 : 0;
}

/** All digits of `mantissa * 2 ** exponent`. */
export function exactDecimal(mantissa: bigint, exponent: number): Decimal {
  if (exponent >= 0) {
    const digits = (mantissa << BigInt(exponent)).toString();
    return trimDecimal({ digits, point: digits.length });
  }
  const digits = (mantissa * 5n ** BigInt(-exponent)).toString();
  return trimDecimal({ digits, point: digits.length + exponent });
}

function trimDecimal({ digits, point }: Decimal): Decimal {
  return { digits: digits.replace(/0+$/, ""), point };
}

/** Rounds to a number of digits, to nearest, ties to even. */
export function roundDecimal(decimal: Decimal, count: number): Decimal {
  if (count >= decimal.digits.length) return decimal;
  const next = digitAt(decimal.digits, count);
  const isTie = next === 5 && count + 1 === decimal.digits.length;
  const isUp = isTie ? count > 0 && digitAt(decimal.digits, count - 1) % 2 === 1 : next >= 5;
  if (isUp) return raiseDecimal(decimal, count);
  return trimDecimal({ digits: decimal.digits.slice(0, count), point: decimal.point });
}

function raiseDecimal({ digits, point }: Decimal, count: number): Decimal {
  const raised = (BigInt(digits.slice(0, count)) + 1n).toString();
  return trimDecimal({ digits: raised, point: point + raised.length - count });
}

/**
 * The fewest digits between the two midpoints to the neighbouring numbers.
 * @see Go, math/big/ftoa.go, roundShortest(), whose choice of digits this repeats
 */
export function shortestDecimal(mantissa: bigint, exponent: number, precision: number): Decimal {
  const exact = exactDecimal(mantissa, exponent);
  // The mantissa in units of half the distance to the next number.
  const shift = precision + 1 - bitLength(mantissa);
  const halves = mantissa << BigInt(shift);
  const lower = exactDecimal(halves - 1n, exponent - shift).digits;
  const upper = exactDecimal(halves + 1n, exponent - shift).digits;
  const isInclusive = (halves & 2n) === 0n;
  for (let index = 0; index < exact.digits.length; index++) {
    const digit = digitAt(exact.digits, index);
    const low = digitAt(lower, index);
    const high = digitAt(upper, index);
    const mayCut = low !== digit || (isInclusive && index + 1 === lower.length);
    const mayRaise = digit !== high && (isInclusive || digit + 1 < high || index + 1 < upper.length);
    if (mayCut && mayRaise) return roundDecimal(exact, index + 1);
    if (mayCut) return trimDecimal({ digits: exact.digits.slice(0, index + 1), point: exact.point });
    if (mayRaise) return raiseDecimal(exact, index + 1);
  }
  return exact;
}
