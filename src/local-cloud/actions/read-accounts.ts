import type { Handler } from "./call.ts";

/** The caller's own account, and no other. */
export const readAccounts: Handler<"ReadAccounts"> = ({ account }) => ({
  Accounts: [{ AccountId: account.id, Email: account.login, CompanyName: `Local cloud, ${account.role} account` }],
});
