import { UsageError } from "../../../common/errors.ts";

/** @throws {UsageError} when it is not exactly one */
export function oneRun(positionals: readonly string[]): string {
  const [runId, ...others] = positionals;
  const hint = "outscale-chroot runs list has those that there are";
  if (runId === undefined || runId === "") throw new UsageError("No run is given", { hint });
  if (others.length > 0) throw new UsageError(`More than one run is given: ${positionals.join(", ")}`, { hint });
  return runId;
}
