import { UsageError } from "../../../common/errors.ts";

/** @throws {UsageError} when it is not exactly one */
export function onePositional(
  [only, ...others]: readonly string[],
  { what, hint }: { readonly what: string; readonly hint: string },
): string {
  if (only !== undefined && others.length === 0) return only;
  throw new UsageError(`One ${what}, not ${only === undefined ? 0 : others.length + 1}`, { hint });
}
