import type { Handler } from "./call.ts";

/** The one region of this cloud, with a bare host name, as the platform answers it. */
export const readRegions: Handler<"ReadRegions"> = ({ cloud }) => {
  const { region } = cloud.settings;
  return { Regions: [{ RegionName: region, Endpoint: `api.${region}.outscale.com` }] };
};
