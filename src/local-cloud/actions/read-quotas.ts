import type { Quota } from "../../outscale/oapi.ts";
import { applyFilters, type FilterRules } from "../filters.ts";
import { pageOf } from "../pagination.ts";
import { quotaNames, quotaTexts, quotaUse } from "../quotas.ts";
import type { FilterKeys, Handler } from "./call.ts";

const rules: FilterRules<FilterKeys<"ReadQuotas">, Quota> = {
  Collections: "QuotaCollection",
  QuotaNames: "Name",
  QuotaTypes: () => ["global"],
  ShortDescriptions: "ShortDescription",
};

/** The quotas that the local cloud enforces, all of them `global`. A MaxValue of 0 means no limit. */
export const readQuotas: Handler<"ReadQuotas"> = ({ cloud, account }, request) => {
  const use = quotaUse(cloud, account.id);
  const quotas = quotaNames.map(
    (Name): Quota => ({
      Name,
      QuotaCollection: "Storage",
      ShortDescription: quotaTexts[Name],
      Description: `${quotaTexts[Name]} of the account`,
      AccountId: account.id,
      MaxValue: cloud.settings.quotas[Name],
      UsedValue: use[Name],
    }),
  );
  const { items, token } = pageOf(applyFilters(quotas, request.Filters, rules), request, {
    keyOf: ({ Name = "" }) => Name,
    nowMs: cloud.settings.clock.now(),
  });
  return { QuotaTypes: items.length === 0 ? [] : [{ QuotaType: "global", Quotas: items }], ...token };
};
