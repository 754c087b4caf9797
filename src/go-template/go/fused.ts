/**
 * `a * b + c`, rounded once: the processor's fused multiply-add, which Go's `math.Exp` uses and JavaScript does not have.
 * For numbers whose exponents are less than 900 bits apart, with a result that is no subnormal number.
 */
export function fusedMultiplyAdd(a: number, b: number, c: number): number {
  const [x, y, z] = [split(a), split(b), split(c)];
  const product = { mantissa: x.mantissa * y.mantissa, exponent: x.exponent + y.exponent };
  const exponent = Math.min(product.exponent, z.exponent);
  const align = (part: Exact) => part.mantissa << BigInt(part.exponent - exponent);
  // From a bigint to a number is the one rounding: to nearest, ties to even.
  return Number(align(product) + align(z)) * 2 ** exponent;
}

interface Exact {
  readonly mantissa: bigint;
  readonly exponent: number;
}

/** A finite number as `mantissa * 2 ** exponent`, exactly. */
function split(number: number): Exact {
  let scaled = number;
  let exponent = 0;
  for (; !Number.isInteger(scaled); exponent--) scaled *= 2;
  return { mantissa: BigInt(scaled), exponent };
}
