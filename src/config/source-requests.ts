import type { FiltersImage } from "../outscale/oapi.ts";
import type { SourceFilter } from "./source-filter.ts";

export interface SourceSearch {
  readonly sourceOmi: string | undefined;
  readonly filter: SourceFilter | undefined;
  /** What `self` among the owners means. */
  readonly ownAccountId: string;
}

/**
 * The filters of the ReadImages requests that find the source OMI; what they find together are the candidates.
 *
 * The API joins different keys with "and": owners by id and owners by alias therefore take a request each.
 * `source_omi` pins what a filter finds, and says itself what state it is in when it stands alone.
 * None at all means that nothing can match, as when two options name different OMIs.
 */
export function sourceRequests({ sourceOmi, filter, ownAccountId }: SourceSearch): readonly FiltersImage[] {
  const pin = sourceOmi === undefined ? undefined : [sourceOmi];
  if (filter === undefined) return pin === undefined ? [] : [{ ImageIds: pin }];
  const { filters, owners } = filter;
  const base = narrowed({ ...filters, States: ["available"] }, "ImageIds", pin);
  const ids = [...(owners.self ? [ownAccountId] : []), ...owners.accountIds];
  if (ids.length === 0 && owners.accountAliases.length === 0) return base;
  return [
    ...(ids.length > 0 ? base.flatMap((request) => narrowed(request, "AccountIds", ids)) : []),
    ...(owners.accountAliases.length > 0
      ? base.flatMap((request) => narrowed(request, "AccountAliases", owners.accountAliases))
      : []),
  ];
}

/** The request with only those values of a key that both sides allow; nothing if they share none. */
function narrowed(
  request: FiltersImage,
  key: "ImageIds" | "AccountIds" | "AccountAliases",
  allowed: readonly string[] | undefined,
): FiltersImage[] {
  if (allowed === undefined) return [request];
  const values = [
    ...new Set(request[key] === undefined ? allowed : allowed.filter((id) => request[key]?.includes(id))),
  ];
  return values.length === 0 ? [] : [{ ...request, [key]: values }];
}
