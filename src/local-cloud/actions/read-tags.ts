import type { FiltersTag, Tag } from "../../outscale/oapi.ts";
import { applyFilters, type FilterRules } from "../filters.ts";
import { pageOf } from "../pagination.ts";
import type { Handler } from "./call.ts";
import { ownResources } from "./tagged.ts";

const rules: FilterRules<keyof FiltersTag, Tag> = {
  Keys: "Key",
  ResourceIds: "ResourceId",
  ResourceTypes: "ResourceType",
  Values: "Value",
};

/** The tags of the account's own resources. */
export const readTags: Handler<"ReadTags"> = ({ cloud, account }, request) => {
  const resources = ownResources(cloud, account.id, request.Filters?.ResourceIds);
  const tags = resources.flatMap(({ id, type, tags }) =>
    tags.map(({ Key, Value }): Tag => ({ Key, ResourceId: id, ResourceType: type, Value })),
  );
  const { items, token } = pageOf(applyFilters(tags, request.Filters, rules), request, {
    keyOf: ({ ResourceId, Key }) => `${ResourceId} ${Key}`,
    nowMs: cloud.settings.clock.now(),
  });
  return { Tags: items, ...token };
};
