/** Bits from the highest 1 to the end; 0 for zero. */
export function bitLength(magnitude: bigint): number {
  if (magnitude === 0n) return 0;
  const hex = magnitude.toString(16);
  return (hex.length - 1) * 4 + (32 - Math.clz32(Number.parseInt(hex.charAt(0), 16)));
}

/** Zero bits at the end; 0 for zero. */
export function trailingZeros(magnitude: bigint): number {
  return magnitude === 0n ? 0 : bitLength(magnitude & -magnitude) - 1;
}

/** Drops `count` bits, rounding to nearest, ties to even. */
export function roundedShift(magnitude: bigint, count: number): bigint {
  const shift = BigInt(count);
  const kept = magnitude >> shift;
  const twiceRest = (magnitude - (kept << shift)) * 2n;
  const unit = 1n << shift;
  return twiceRest > unit || (twiceRest === unit && (kept & 1n) === 1n) ? kept + 1n : kept;
}
