const INTEGER = /^([+-]?)(0[xX](?:_?[\da-fA-F])+|0[bB](?:_?[01])+|0[oO]?(?:_?[0-7])+|0|[1-9](?:_?\d)*)$/;
const FLOAT = /^[+-]?(?:\d(?:_?\d)*(?:\.(?:\d(?:_?\d)*)?)?|\.\d(?:_?\d)*)(?:[eE][+-]?\d(?:_?\d)*)?$/;
const LARGEST = 2n ** 63n - 1n;

/**
 * Reads a number literal of Go: an `int` (bigint) in base 2, 8, 10 or 16, or a `float64` (number) when it is written
 * with a point or an exponent.
 *
 * @returns why it cannot be read, as a string
 */
export function parseNumber(literal: string): bigint | number | string {
  const integer = INTEGER.exec(literal);
  if (integer) {
    const value = integerOf(integer[2] ?? "") * (integer[1] === "-" ? -1n : 1n);
    return value <= LARGEST && value >= -LARGEST - 1n ? value : `The integer ${literal} is too large`;
  }
  if (!FLOAT.test(literal) || !/[.eE]/.test(literal)) return `"${literal}" is not a number`;
  const value = Number(literal.replaceAll("_", ""));
  return Number.isFinite(value) ? value : `The number ${literal} is too large`;
}

/** A leading zero means octal, as in Go. */
function integerOf(digits: string): bigint {
  const plain = digits.replaceAll("_", "");
  return BigInt(/^0\d/.test(plain) ? `0o${plain.slice(1)}` : plain);
}
