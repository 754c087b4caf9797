import type { Subregion } from "../../outscale/oapi.ts";
import { locationsOf, subregionsOf } from "../cloud.ts";
import { applyFilters, type FilterRules } from "../filters.ts";
import { pageOf } from "../pagination.ts";
import type { FilterKeys, Handler } from "./call.ts";

const rules: FilterRules<FilterKeys<"ReadSubregions">, Subregion> = {
  RegionNames: "RegionName",
  States: "State",
  SubregionNames: "SubregionName",
};

/** The subregions of the cloud's own region. */
export const readSubregions: Handler<"ReadSubregions"> = ({ cloud }, request) => {
  const { region } = cloud.settings;
  const subregions = subregionsOf(region).map((SubregionName, index) => ({
    SubregionName,
    RegionName: region,
    State: "available",
    LocationCode: locationsOf(region)[index],
  }));
  const { items, token } = pageOf(applyFilters(subregions, request.Filters, rules), request, {
    keyOf: ({ SubregionName }) => SubregionName,
    nowMs: cloud.settings.clock.now(),
  });
  return { Subregions: items, ...token };
};
