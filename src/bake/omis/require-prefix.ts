import { UsageError } from "../../common/errors.ts";
import { keyPrefix, keyPrefixRule } from "../../config/key-prefix.ts";

/**
 * What is exported goes below it; empty for the bucket's top.
 * @throws {UsageError} when the keys below it would be refused, which the service finds out at their first object
 */
export function requirePrefix(prefix: string): string {
  if (prefix === "" || keyPrefix.test(prefix)) return prefix;
  throw new UsageError("The prefix of the exported objects cannot be taken", { hint: `It has ${keyPrefixRule}` });
}
