import { bitLength, roundedShift, trailingZeros } from "./bits.ts";
import { exactDecimal, roundDecimal, shortestDecimal } from "./decimal-digits.ts";

/** Bits of a number that a template spells out; that is some 155 digits of a fraction. */
const LITERAL_PRECISION = 512;
/**
 * Bits of a whole number, and of those after the point, that a template can ask for: ten thousand digits, which are
 * printed in milliseconds. What is larger, or closer to zero, is refused.
 */
const LARGEST_EXPONENT = 2 ** 15;
/** A message has no more characters of a number than these. */
const LONGEST_SHOWN = 40;
/** The bits in which powers of ten are computed while a text is read: more than any result keeps. */
const WORKING_PRECISION = LITERAL_PRECISION + 128;

/** A number too large, too small or undefined (zero by zero); the message is a sentence. */
export class NumberError extends Error {}

type Sign = -1 | 0 | 1;

/**
 * A binary floating-point number of a chosen precision, rounded to nearest even: what Packer computes with.
 *
 * Decimal arithmetic would be nicer, but `1/3*3` or `0.1+0.2` would then print other digits than Packer does.
 * Zero has sign 0, and may be a negative one, which shows when it is printed or divided by; an infinity has no mantissa.
 * @see Go, math/big.Float, and zclconf/go-cty, cty/value_ops.go, for the precision of each result
 */
export class BigFloat {
  readonly sign: Sign;
  /** Odd, or 0 for zero and infinities: the value is `sign * mantissa * 2 ** exponent`. */
  readonly mantissa: bigint;
  readonly exponent: number;
  readonly precision: number;
  readonly isInfinite: boolean;
  readonly isNegativeZero: boolean;

  private constructor(sign: Sign, mantissa: bigint, exponent: number, precision: number, kind?: "Inf" | "-0") {
    this.sign = sign;
    this.mantissa = mantissa;
    this.exponent = exponent;
    this.precision = precision;
    this.isInfinite = kind === "Inf";
    this.isNegativeZero = kind === "-0";
  }

  /** Exactly `number`: 64 bits for an integer, more if it needs more, 53 for a fraction. */
  static from(number: number | bigint): BigFloat {
    if (typeof number === "bigint") return BigFloat.#fromBigInt(number);
    if (Object.is(number, -0)) return BigFloat.zero(true, 53);
    if (Number.isSafeInteger(number)) return BigFloat.#fromBigInt(BigInt(number));
    if (Number.isNaN(number)) throw new NumberError("The result is not a number");
    if (!Number.isFinite(number)) return BigFloat.infinity(number > 0 ? 1 : -1);
    let exponent = 0;
    let scaled = Math.abs(number);
    for (; !Number.isInteger(scaled); exponent--) scaled *= 2;
    return BigFloat.rounded(number < 0 ? -1 : 1, BigInt(scaled), exponent, 53);
  }

  static #fromBigInt(integer: bigint): BigFloat {
    const magnitude = integer < 0n ? -integer : integer;
    const bits = bitLength(magnitude);
    if (bits > LARGEST_EXPONENT) throw tooFar();
    return BigFloat.rounded(integer < 0n ? -1 : 1, magnitude, 0, Math.max(64, bits));
  }

  static infinity(sign: -1 | 1, precision = 53): BigFloat {
    return new BigFloat(sign, 0n, 0, precision, "Inf");
  }

  static zero(isNegative: boolean, precision: number): BigFloat {
    return new BigFloat(0, 0n, 0, precision, isNegative ? "-0" : undefined);
  }

  /** `sign * magnitude * 2 ** exponent`, rounded to nearest, ties to even. */
  static rounded(sign: Sign, magnitude: bigint, exponent: number, precision: number): BigFloat {
    if (magnitude === 0n || sign === 0) return BigFloat.zero(false, precision);
    const excess = bitLength(magnitude) - precision;
    let mantissa = magnitude;
    let shift = exponent;
    if (excess > 0) {
      mantissa = roundedShift(magnitude, excess);
      shift += excess;
    }
    const zeros = trailingZeros(mantissa);
    if (Math.abs(shift + zeros) > LARGEST_EXPONENT) throw tooFar();
    return new BigFloat(sign, mantissa >> BigInt(zeros), shift + zeros, precision);
  }

  /**
   * Reads a number: `-12.5e3`, `.5`, `Inf`, or `1p4` for 1 times 2 to the 4th.
   * @returns undefined when the text is not a number
   * @throws {NumberError} when it is out of range
   */
  static parse(text: string, precision = LITERAL_PRECISION): BigFloat | undefined {
    const infinity = /^([+-]?)(Inf|inf)$/.exec(text);
    if (infinity) return BigFloat.infinity(infinity[1] === "-" ? -1 : 1, precision);
    const match = /^([+-]?)(?=\.?\d)(\d*)(?:\.(\d*))?(?:([eEpP])([+-]?\d+))?$/.exec(text);
    if (!match) return undefined;
    const [, sign, whole = "", fraction = "", mark = "e", power = "0"] = match;
    const digits = BigInt(whole + fraction);
    if (digits === 0n) return BigFloat.zero(sign === "-", precision);
    const isBinary = mark.toLowerCase() === "p";
    const tens = (isBinary ? 0 : Number(power)) - fraction.length;
    const magnitude = scaleByTens(digits, tens, isBinary ? Number(power) : 0);
    return BigFloat.rounded(sign === "-" ? -1 : 1, magnitude.mantissa, magnitude.exponent, precision);
  }

  get isZero(): boolean {
    return this.sign === 0;
  }

  get isInteger(): boolean {
    return !this.isInfinite && this.exponent >= 0;
  }

  /** Below zero, or the negative zero. */
  get isNegative(): boolean {
    return this.sign < 0 || this.isNegativeZero;
  }

  negate(): BigFloat {
    if (this.isZero) return BigFloat.zero(!this.isNegativeZero, this.precision);
    if (this.isInfinite) return BigFloat.infinity(this.sign < 0 ? 1 : -1, this.precision);
    return new BigFloat(this.sign < 0 ? 1 : -1, this.mantissa, this.exponent, this.precision);
  }

  absolute(): BigFloat {
    return this.isNegative ? this.negate() : this;
  }

  add(other: BigFloat): BigFloat {
    const precision = Math.max(this.precision, other.precision);
    if (this.isInfinite || other.isInfinite) return this.#addInfinite(other, precision);
    if (this.isNegativeZero && other.isNegativeZero) return BigFloat.zero(true, precision);
    const exponent = Math.min(this.exponent, other.exponent);
    const sum = this.#scaled(exponent) + other.#scaled(exponent);
    return BigFloat.rounded(sum < 0n ? -1 : 1, sum < 0n ? -sum : sum, exponent, precision);
  }

  #addInfinite(other: BigFloat, precision: number): BigFloat {
    if (this.isInfinite && other.isInfinite && this.sign !== other.sign) {
      throw new NumberError("Infinity minus infinity has no value");
    }
    return BigFloat.infinity((this.isInfinite ? this : other).sign as -1 | 1, precision);
  }

  /** The signed mantissa as it is with a smaller exponent. */
  #scaled(exponent: number): bigint {
    if (this.sign === 0) return 0n;
    return (BigInt(this.sign) * this.mantissa) << BigInt(this.exponent - exponent);
  }

  subtract(other: BigFloat): BigFloat {
    return this.add(other.negate());
  }

  /** The product keeps every bit, up to 512, even when neither factor has that precision. */
  multiply(other: BigFloat): BigFloat {
    const precision = Math.max(this.precision, other.precision);
    if (this.isInfinite || other.isInfinite) {
      if (this.isZero || other.isZero) throw new NumberError("Zero times infinity has no value");
      return BigFloat.infinity((this.sign * other.sign) as -1 | 1, precision);
    }
    if (this.isZero || other.isZero) return BigFloat.zero(this.isNegative !== other.isNegative, precision);
    const product = BigFloat.#product(this, other, LITERAL_PRECISION);
    return product.#withPrecision(Math.max(precision, bitLength(product.mantissa)));
  }

  static #product(a: BigFloat, b: BigFloat, precision: number): BigFloat {
    const sign = (a.sign * b.sign) as Sign;
    return BigFloat.rounded(sign, a.mantissa * b.mantissa, a.exponent + b.exponent, precision);
  }

  #withPrecision(precision: number): BigFloat {
    if (this.isInfinite) return BigFloat.infinity(this.sign as -1 | 1, precision);
    if (this.isZero) return BigFloat.zero(this.isNegative, precision);
    return BigFloat.rounded(this.sign, this.mantissa, this.exponent, precision);
  }

  /** @throws {NumberError} for zero by zero and infinity by infinity; anything else by zero is an infinity */
  divide(other: BigFloat): BigFloat {
    const precision = Math.max(this.precision, other.precision);
    if ((this.isZero && other.isZero) || (this.isInfinite && other.isInfinite)) {
      throw new NumberError("Zero by zero, and infinity by infinity, have no value");
    }
    const isNegative = this.isNegative !== other.isNegative;
    const sign = isNegative ? -1 : 1;
    if (this.isInfinite || other.isZero) return BigFloat.infinity(sign, precision);
    if (this.isZero || other.isInfinite) return BigFloat.zero(isNegative, precision);
    // Two bits more than asked, and a last one that says whether anything was cut off: enough to round right.
    const shift = Math.max(0, precision + 2 + bitLength(other.mantissa) - bitLength(this.mantissa));
    const dividend = this.mantissa << BigInt(shift);
    const quotient = dividend / other.mantissa;
    const rest = dividend % other.mantissa === 0n ? 0n : 1n;
    return BigFloat.rounded(sign, (quotient << 1n) | rest, this.exponent - other.exponent - shift - 1, precision);
  }

  /**
   * The remainder with the sign of the dividend; that of zero is the dividend itself.
   * @throws {NumberError} when one is an infinity
   */
  modulo(other: BigFloat): BigFloat {
    if (this.isInfinite || other.isInfinite) throw new NumberError("A remainder with infinity has no value");
    if (other.isZero) return this;
    // Quotient and multiple are rounded to the dividend's precision, as Packer's are, before the subtraction.
    const quotient = BigFloat.from(this.divide(other).toBigInt()).#withPrecision(this.precision);
    const multiple = BigFloat.#product(other, quotient, this.precision);
    return this.subtract(multiple).#withPrecision(this.precision);
  }

  /** Negative, zero or positive: the order of the two numbers. */
  compare(other: BigFloat): number {
    if (this.sign !== other.sign) return this.sign - other.sign;
    if (this.isInfinite || other.isInfinite) return this.sign * (Number(this.isInfinite) - Number(other.isInfinite));
    const exponent = Math.min(this.exponent, other.exponent);
    const [a, b] = [this.#scaled(exponent), other.#scaled(exponent)];
    return a < b ? -1 : a > b ? 1 : 0;
  }

  equals(other: BigFloat): boolean {
    return this.compare(other) === 0;
  }

  /** The integer part: what is after the point is cut off. */
  toBigInt(): bigint {
    if (this.isInfinite) throw new NumberError("An infinity is not an integer");
    const magnitude =
      this.exponent >= 0 ? this.mantissa << BigInt(this.exponent) : this.mantissa >> BigInt(-this.exponent);
    return this.sign < 0 ? -magnitude : magnitude;
  }

  /** The nearest number of JavaScript. */
  toNumber(): number {
    return Number(this.isInfinite ? (this.sign < 0 ? "-Infinity" : "Infinity") : this.toString());
  }

  /** The shortest decimal text, without an exponent, that reads back as this number at its precision. */
  toString(): string {
    if (this.isInfinite) return this.sign < 0 ? "-Inf" : "+Inf";
    if (this.isZero) return this.isNegativeZero ? "-0" : "0";
    const sign = this.sign < 0 ? "-" : "";
    if (this.isInteger && bitLength(this.mantissa) + this.exponent <= this.precision) return `${this.toBigInt()}`;
    const { digits, point } = shortestDecimal(this.mantissa, this.exponent, this.precision);
    if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
    if (point >= digits.length) return `${sign}${digits}${"0".repeat(point - digits.length)}`;
    return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
  }

  /** As a message has it: all of a number that is not long. */
  toMessage(): string {
    const text = this.toString();
    return text.length > LONGEST_SHOWN ? this.toShortString() : text;
  }

  /** At most ten significant digits, with an exponent where Go's `%.10g` has one. */
  toShortString(): string {
    if (this.isInfinite || this.isZero) return this.toString();
    const sign = this.sign < 0 ? "-" : "";
    const { digits, point } = roundDecimal(exactDecimal(this.mantissa, this.exponent), 10);
    const power = point - 1;
    if (power < -4 || power >= 10) {
      const fraction = digits.length > 1 ? `.${digits.slice(1)}` : "";
      return `${sign}${digits[0]}${fraction}e${power < 0 ? "-" : "+"}${`${Math.abs(power)}`.padStart(2, "0")}`;
    }
    if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
    const fraction = digits.slice(point);
    return `${sign}${digits.slice(0, point).padEnd(point, "0")}${fraction ? `.${fraction}` : ""}`;
  }
}

function tooFar(): NumberError {
  return new NumberError("The number is too large or too close to zero");
}

/** `digits * 10 ** tens * 2 ** twos` in working precision; exact whenever the power of five is small enough. */
function scaleByTens(digits: bigint, tens: number, twos: number): { mantissa: bigint; exponent: number } {
  if (Math.abs(tens) > LARGEST_EXPONENT || Math.abs(twos) > LARGEST_EXPONENT) {
    throw tooFar();
  }
  const power = powerOfFive(Math.abs(tens));
  if (tens >= 0) return { mantissa: digits * power.mantissa, exponent: power.exponent + tens + twos };
  const shift = WORKING_PRECISION + bitLength(power.mantissa);
  const dividend = digits << BigInt(shift);
  const rest = dividend % power.mantissa === 0n ? 0n : 1n;
  const mantissa = ((dividend / power.mantissa) << 1n) | rest;
  return { mantissa, exponent: tens + twos - power.exponent - shift - 1 };
}

function powerOfFive(count: number): { mantissa: bigint; exponent: number } {
  const limit = (value: { mantissa: bigint; exponent: number }) => {
    const excess = bitLength(value.mantissa) - WORKING_PRECISION;
    if (excess <= 0) return value;
    return { mantissa: roundedShift(value.mantissa, excess), exponent: value.exponent + excess };
  };
  if (count === 0) return { mantissa: 1n, exponent: 0 };
  const half = powerOfFive(count >> 1);
  const square = { mantissa: half.mantissa * half.mantissa, exponent: half.exponent * 2 };
  return limit(count % 2 === 1 ? { ...square, mantissa: square.mantissa * 5n } : square);
}
