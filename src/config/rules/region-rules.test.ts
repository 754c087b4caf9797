import { describe, expect, it } from "vitest";
import type { RawConfig } from "../../definition/raw-value.ts";
import { prepareConfig } from "../prepare-config.ts";

const prepare = (options: RawConfig) =>
  prepareConfig([{ omi_name: "web", source_omi: "ami-12345678" }, options], {
    resolveRegion: ({ region = "eu-west-2" }) => region,
    env: {},
  });
const bucket = { region_copy: { bucket: "acme" } };

describe("checkRegions()", () => {
  it.each<[string, RawConfig, readonly string[], readonly string[]]>([
    ["none", {}, [], []],
    [
      "others, each once, in their order",
      { omi_regions: ["us-west-1", "us-east-2"], ...bucket },
      ["us-west-1", "us-east-2"],
      [],
    ],
    [
      "one twice",
      { omi_regions: ["us-east-2", "us-east-2", "us-east-2"], ...bucket },
      ["us-east-2"],
      ['omi_regions has "us-east-2" more than once: it gets one copy'],
    ],
    [
      "the account's own",
      { region: "us-east-2", omi_regions: ["us-east-2"] },
      [],
      ['omi_regions has "us-east-2", where the OMI is made: no copy is needed there'],
    ],
    [
      "none, but how",
      { region_profiles: { "us-east-2": "prod" }, ...bucket },
      [],
      [
        "region_profiles has an effect only with another region in omi_regions",
        "region_copy has an effect only with another region in omi_regions",
      ],
    ],
    [
      "one, and a profile of another one",
      { omi_regions: ["us-east-2"], region_profiles: { "us-west-1": "prod" }, ...bucket },
      ["us-east-2"],
      ['region_profiles has "us-west-1", which is no other region of omi_regions'],
    ],
  ])("takes %s", (_, options, targets, warnings) => {
    const prepared = prepare(options);
    expect(prepared.config.targetRegions).toEqual(targets);
    expect(prepared.warnings).toEqual(warnings);
  });

  it("hides a region that is a secret", () => {
    const config = prepare({ omi_regions: ["us-east-2"], ...bucket }).show(new Set(["omi_regions"]));
    expect(JSON.stringify(config.targetRegions)).not.toContain("us-east-2");
  });
});
