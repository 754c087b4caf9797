import type { AccessKey } from "../../outscale/oapi.ts";
import { applyFilters, type FilterRules } from "../filters.ts";
import type { FilterKeys, Handler } from "./call.ts";

const rules: FilterRules<FilterKeys<"ReadAccessKeys">, AccessKey> = { AccessKeyIds: "AccessKeyId", States: "State" };

/** The account's access key, without its secret. Dates end in `+0000` here, alone in the API. There are no users. */
export const readAccessKeys: Handler<"ReadAccessKeys"> = ({ account }, request) => {
  const date = account.createdAt.replace("Z", "+0000");
  const key = { AccessKeyId: account.accessKey, CreationDate: date, LastModificationDate: date, State: "ACTIVE" };
  const keys = request.UserName === undefined && request.Tag === undefined ? [key] : [];
  return { AccessKeys: applyFilters(keys, request.Filters, rules) };
};
