import { AuthError } from "../common/errors.ts";
import type { Api } from "./api.ts";

/**
 * Whose credentials these are.
 * @returns the account's id, 12 digits
 * @throws {AuthError} when they are refused, or may not ask
 */
export async function readAccountId(
  api: Pick<Api, "readAccounts">,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<string> {
  const { Accounts } = await api.readAccounts({}, options);
  const accountId = Accounts[0]?.AccountId;
  if (accountId !== undefined) return accountId;
  throw new AuthError("The service names no account for these credentials", {
    hint: "Check that the access key may call ReadAccounts",
  });
}
