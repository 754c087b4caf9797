import { PUBLIC_REGIONS } from "../cloud.ts";
import type { Handler } from "./call.ts";

/** The regions that are seen from this one, with bare host names; only this one is behind the endpoint. */
export const readRegions: Handler<"ReadRegions"> = ({ cloud }) => {
  const { region } = cloud.settings;
  const seen = PUBLIC_REGIONS.includes(region) ? PUBLIC_REGIONS : [region];
  return { Regions: seen.map((RegionName) => ({ RegionName, Endpoint: `api.${RegionName}.outscale.com` })) };
};
