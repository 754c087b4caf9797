import { PUBLIC_REGIONS } from "../cloud.ts";
import type { Handler } from "./call.ts";

/**
 * The regions that are seen from this one. Where the server has several, those, with the addresses at which they answer;
 * else the platform's, with bare host names, and only this one is behind the endpoint.
 */
export const readRegions: Handler<"ReadRegions"> = ({ cloud }) => {
  const { region, neighbours } = cloud.settings;
  if (neighbours.all.length > 1) {
    return { Regions: neighbours.all.map(({ region, url }) => ({ RegionName: region, Endpoint: new URL(url).host })) };
  }
  const seen = PUBLIC_REGIONS.includes(region) ? PUBLIC_REGIONS : [region];
  return { Regions: seen.map((RegionName) => ({ RegionName, Endpoint: `api.${RegionName}.outscale.com` })) };
};
