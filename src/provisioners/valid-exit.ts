import { ProvisionError } from "../common/errors.ts";
import { describeExit, type ExitStatus } from "../host/command-error.ts";
import { exitAdvice } from "./failure-advice.ts";

/** The code in `valid_exit_codes` by which Packer means "the connection was lost". */
export const DISCONNECTED = 2_300_218;

export interface ExitCheck {
  /** What ended: `The script "setup.sh"`. */
  readonly what: string;
  /** Where it ran. */
  readonly place: "in the image" | "on this machine";
  readonly validExitCodes?: readonly number[] | undefined;
  /** Variables of this machine that it was not given. */
  readonly withheld?: readonly string[];
}

/**
 * Refuses an exit that is not among `valid_exit_codes` (0 alone when there are none).
 * @throws {ProvisionError}
 */
export function assertValidExit(status: ExitStatus, { what, place, validExitCodes, withheld = [] }: ExitCheck): void {
  const allowed = validExitCodes?.length ? validExitCodes : [0];
  if (status.code !== null && allowed.includes(status.code)) return;
  const others = validExitCodes?.length ? `; allowed: ${allowed.join(", ")}` : "";
  throw new ProvisionError(`${what} ended with ${describeExit(status)}${others}`, {
    hint: `${exitAdvice(status, place)}${withheldAdvice(withheld)}`,
  });
}

function withheldAdvice(names: readonly string[]): string {
  return names.length > 0 ? `; ${names.join(", ")} were withheld: pass_environment names those that it needs` : "";
}
