import { defaultWaiting } from "../../config/default-waiting.ts";
import type { Access } from "../../outscale/access.ts";
import type { RunHeader } from "../journal/entry.ts";
import type { Place } from "./place.ts";
import { RegionClouds, type RegionCloudsOptions } from "./region-clouds.ts";

type RegionTools = Pick<RegionCloudsOptions, "stateFolder" | "ui" | "clock" | "log" | "env">;

/** The places that the run of a journal has to do with. The run's own account may have buckets, too. */
export function regionsOf(
  header: RunHeader,
  { access, accessTo }: Pick<RegionCloudsOptions, "accessTo"> & { readonly access: Access },
  tools: RegionTools,
): RegionClouds {
  const isOwn = ({ region, accountId }: Place) => region === header.region && accountId === header.accountId;
  return new RegionClouds({
    ...tools,
    ...defaultWaiting,
    accessTo: async (place) => (isOwn(place) ? access : accessTo(place)),
  });
}
