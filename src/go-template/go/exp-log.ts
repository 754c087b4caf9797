import { fusedMultiplyAdd } from "./fused.ts";

/** The logarithm of 2 in two parts, of which the first has zeros at its end: times a small integer it is exact. */
const LN2_HIGH = 0.693147180559663;
const LN2_LOW = 2.8235290563031577e-13;
/** One through the factorials of 8 down to 1. */
const TAYLOR = [1 / 40_320, 1 / 5040, 1 / 720, 1 / 120, 1 / 24, 1 / 6, 1 / 2, 1];

/**
 * `math.Exp` as Go computes it on amd64, for a number of moderate size. JavaScript's differs in the last digit.
 *
 * A power of two is taken out, the rest divided by 16, `e ** y - 1` found by its Taylor series, and squared four times.
 */
export function goExp(x: number): number {
  const power = roundToEven(x * Math.LOG2E);
  const rest = fusedMultiplyAdd(-LN2_LOW, power, fusedMultiplyAdd(-LN2_HIGH, power, x));
  const y = rest / 16;
  let minusOne = y * TAYLOR.reduce((sum, coefficient) => fusedMultiplyAdd(sum, y, coefficient));
  for (let squared = 0; squared < 3; squared++) minusOne *= minusOne + 2;
  return fusedMultiplyAdd(minusOne, minusOne + 2, 1) * 2 ** power;
}

function roundToEven(x: number): number {
  const below = Math.floor(x);
  if (x - below === 0.5) return below % 2 === 0 ? below : below + 1;
  return Math.round(x);
}

/** The logarithm of 2 in two parts, as `goLog()` adds them. */
const LOG_HIGH = 0.6931471803691238;
const LOG_LOW = 1.9082149292705877e-10;
/** Of the polynomial that comes nearest to the logarithm between the roots of 1/2 and of 2: of odd and of even place. */
const ODD = [0.14798198605116586, 0.1818357216161805, 0.2857142874366239, 0.6666666666666735];
const EVEN = [0.15313837699209373, 0.22222198432149784, 0.3999999999940942];

/** `math.Log` as Go computes it, in the order of its additions. @see FreeBSD, lib/msun/src/e_log.c */
export function goLog(x: number): number {
  if (!(x > 0) || !Number.isFinite(x)) return Math.log(x);
  let fraction = x;
  let power = 0;
  for (; fraction >= Math.SQRT2; power++) fraction /= 2;
  for (; fraction < Math.SQRT1_2; power--) fraction *= 2;
  const f = fraction - 1;
  const s = f / (2 + f);
  const s2 = s * s;
  const s4 = s2 * s2;
  const polynomial = (terms: readonly number[]) => terms.reduce((sum, term) => term + s4 * sum);
  const rest = s2 * polynomial(ODD) + s4 * polynomial(EVEN);
  const half = 0.5 * f * f;
  return power * LOG_HIGH - (half - (s * (half + rest) + power * LOG_LOW) - f);
}
