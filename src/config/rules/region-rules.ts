import type { CheckedOptions } from "../schema.ts";
import type { Findings } from "./findings.ts";

/**
 * Which regions get a copy, and whether all that is needed for it is said.
 * @param ownRegion The region of the account, asked for only when it matters
 * @returns the regions besides the account's own, each once
 */
export function checkRegions(options: CheckedOptions, ownRegion: () => string, findings: Findings): readonly string[] {
  const own = options.omi_regions.length > 0 ? ownRegion() : undefined;
  const targets = [...new Set(options.omi_regions)].filter((region) => region !== own);
  warnOfOthers(options, targets, own, findings);
  if (targets.length > 0 && options.region_copy.bucket === undefined) {
    const regions = targets.map((region) => `"${region}"`).join(", ");
    const hint = 'name a bucket of the account: region_copy { bucket = "..." }; docs/other-regions.md says why';
    findings.problem("region_copy.bucket", `is required: the way to ${regions} is a bucket`, hint);
  }
  return targets;
}

function warnOfOthers(
  options: CheckedOptions,
  targets: readonly string[],
  own: string | undefined,
  findings: Findings,
): void {
  const { omi_regions, region_copy, region_profiles } = options;
  const twice = [...new Set(omi_regions.filter((region, index) => omi_regions.indexOf(region) !== index))];
  for (const region of twice) findings.warning(`omi_regions has "${region}" more than once: it gets one copy`);
  if (own !== undefined && omi_regions.includes(own)) {
    findings.warning(`omi_regions has "${own}", where the OMI is made: no copy is needed there`);
  }
  if (targets.length === 0) {
    const isGiven = {
      region_profiles: Object.keys(region_profiles).length > 0,
      region_copy: region_copy.bucket !== undefined,
    };
    for (const [name, given] of Object.entries(isGiven)) {
      if (given) findings.warning(`${name} has an effect only with another region in omi_regions`);
    }
    return;
  }
  for (const region of Object.keys(region_profiles).filter((name) => !targets.includes(name))) {
    findings.warning(`region_profiles has "${region}", which is no other region of omi_regions`);
  }
}
