import { didYouMean } from "../common/did-you-mean.ts";

/** The service's regions. @see https://docs.outscale.com/en/userguide/About-Regions-and-Subregions.html */
export const knownRegions: readonly string[] = [
  "eu-west-2",
  "us-east-2",
  "us-west-1",
  "cloudgouv-eu-west-1",
  "cloudgouv-eu-west-2",
  "ap-northeast-1",
];

/** What to do about a region that is not known, as the hint of a problem. */
export function regionHint(region: string): string {
  const meant = didYouMean(region, knownRegions);
  const otherwise = "if it is new, set skip_region_validation = true";
  return meant === undefined
    ? `known are ${knownRegions.join(", ")}; ${otherwise}`
    : `did you mean "${meant}"? ${otherwise}`;
}
