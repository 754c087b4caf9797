import { goExp, goLog } from "./exp-log.ts";

/**
 * `math.Pow`. JavaScript's own power differs from Go's in the last digit, which `pow()` shows.
 *
 * @see Go, math/pow.go
 */
export function goPow(base: number, power: number): number {
  const isSpecial = !Number.isFinite(base) || !Number.isFinite(power) || base === 0 || power === 0 || base === 1;
  if (isSpecial || Math.abs(power) >= 2 ** 63) {
    // JavaScript has no result for these.
    const isOne = base === 1 || (base === -1 && Math.abs(power) === Number.POSITIVE_INFINITY);
    return isOne ? 1 : base ** power;
  }
  const magnitude = Math.abs(power);
  if (magnitude === 0.5) return power < 0 ? 1 / Math.sqrt(base) : Math.sqrt(base);
  const rest = magnitude % 1;
  if (rest !== 0 && base < 0) return Number.NaN;
  // The nearer whole power, and what is left of it either way.
  const isNearerNext = rest > 0.5;
  const whole = Math.floor(magnitude) + (isNearerNext ? 1 : 0);
  const factor = rest === 0 ? 1 : goExp((isNearerNext ? rest - 1 : rest) * goLog(base));
  const { mantissa, exponent } = wholePower(base, BigInt(whole), factor);
  return power < 0 ? scale(1 / mantissa, -exponent) : scale(mantissa, exponent);
}

interface Scaled {
  readonly mantissa: number;
  readonly exponent: number;
}

/** The largest exponent that another squaring can use: far beyond any double. */
const FARTHEST_EXPONENT = 2 ** 12;

/** `factor * base ** power` by squaring, with the exponent of two apart so that nothing overflows on the way. */
function wholePower(base: number, power: bigint, factor: number): Scaled {
  let { mantissa, exponent } = split(base);
  let result = { mantissa: factor, exponent: 0 };
  for (let left = power; left > 0n; left >>= 1n) {
    if (Math.abs(exponent) > FARTHEST_EXPONENT) return { ...result, exponent: result.exponent + exponent };
    if (left & 1n) result = { mantissa: result.mantissa * mantissa, exponent: result.exponent + exponent };
    mantissa *= mantissa;
    exponent *= 2;
    if (mantissa < 0.5) {
      mantissa *= 2;
      exponent--;
    }
  }
  return result;
}

/** A number as `mantissa * 2 ** exponent`, the mantissa's size from 0.5 to below 1. */
function split(number: number): Scaled {
  let exponent = 0;
  let mantissa = number;
  for (; Math.abs(mantissa) >= 1; exponent++) mantissa /= 2;
  for (; Math.abs(mantissa) < 0.5; exponent--) mantissa *= 2;
  return { mantissa, exponent };
}

/** In two steps, as `2 ** exponent` alone may be beyond what a double holds. */
function scale(mantissa: number, exponent: number): number {
  const bounded = Math.max(-2200, Math.min(2200, exponent));
  const half = Math.trunc(bounded / 2);
  return mantissa * 2 ** half * 2 ** (bounded - half);
}
