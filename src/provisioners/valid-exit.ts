import { ProvisionError } from "../common/errors.ts";
import { describeExit, type ExitStatus } from "../host/command-error.ts";

/** The code in `valid_exit_codes` by which Packer means "the connection was lost". */
export const DISCONNECTED = 2_300_218;

/**
 * Refuses an exit that is not among `valid_exit_codes` (0 alone when there are none).
 * @throws {ProvisionError}
 */
export function assertValidExit(
  status: ExitStatus,
  { what, validExitCodes }: { readonly what: string; readonly validExitCodes?: readonly number[] | undefined },
): void {
  const allowed = validExitCodes?.length ? validExitCodes : [0];
  if (status.code !== null && allowed.includes(status.code)) return;
  const hint = "What it said is in the lines above; valid_exit_codes lists the codes that are no failure";
  throw new ProvisionError(`${what} ended with ${describeExit(status)}, allowed: ${allowed.join(", ")}`, { hint });
}
