import { readAccountId } from "../../outscale/account-id.ts";
import type { Session } from "../session.ts";
import { step } from "../step.ts";

/**
 * Asks the service whether the credentials are good, and whose they are.
 * @returns the account's id, 12 digits
 * @throws {AuthError} when they are refused
 */
export const checkAuth = step("StepCheckAuth", async ({ api, signal }: Session): Promise<string> => {
  await api.dryRun("ReadVms", {}, { signal });
  return readAccountId(api, { signal });
});
