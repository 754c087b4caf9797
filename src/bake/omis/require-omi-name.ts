import { UsageError } from "../../common/errors.ts";
import { omiNameProblem } from "../../config/omi-name.ts";

/** @throws {UsageError} when the service would refuse the name, which it does only when the OMI is registered */
export function requireOmiName(name: string): void {
  const problem = omiNameProblem(name);
  if (problem !== undefined) throw new UsageError(`The OMI's name ${problem}`);
}
