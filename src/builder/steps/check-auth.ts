import { AuthError } from "../../common/errors.ts";
import type { Session } from "../build.ts";
import { step } from "../step.ts";

/**
 * Asks the service whether the credentials are good, and whose they are.
 * @returns the account's id, 12 digits
 * @throws {AuthError} when they are refused
 */
export const checkAuth = step("StepCheckAuth", async ({ api, signal }: Session): Promise<string> => {
  await api.dryRun("ReadVms", {}, { signal });
  const { Accounts } = await api.readAccounts({}, { signal });
  const accountId = Accounts[0]?.AccountId;
  if (accountId === undefined) {
    throw new AuthError("The service names no account for these credentials", {
      hint: "Check that the access key may call ReadAccounts",
    });
  }
  return accountId;
});
