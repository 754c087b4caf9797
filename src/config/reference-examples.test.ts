import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ConfigError } from "../common/errors.ts";
import type { RawConfig } from "../definition/raw-value.ts";
import { loadTemplate } from "../template/load-template.ts";
import { hclShapes } from "./hcl-shape.ts";
import { type OptionEntry, optionReference } from "./option-reference.ts";
import { prepareConfig } from "./prepare-config.ts";

/** What else has to be said for an option to make sense. */
const companions: Readonly<Record<string, RawConfig>> = {
  access_key: { secret_key: "SK" },
  secret_key: { access_key: "AK" },
  skip_metadata_api_check: { vm_id: "i-12345678" },
  force_delete_snapshot: { force_deregister: true },
  skip_unchanged_max_age: { skip_unchanged: true },
  skip_unchanged_files: { skip_unchanged: true },
  omi_regions: { region_copy: { bucket: "acme" } },
  region_profiles: { omi_regions: ["us-east-2"], region_copy: { bucket: "acme" } },
  region_copy: { omi_regions: ["us-east-2"] },
  from_scratch: {
    pre_mount_commands: ["mkfs.ext4 {{.Device}}1"],
    root_volume_size: 10,
    root_device_name: "/dev/sda1",
    omi_block_device_mappings: [{ device_name: "/dev/sda1" }],
  },
};
/** Options that cannot be left out of their companions' company. */
const refusedAlone = ["access_key", "secret_key", "skip_metadata_api_check", "from_scratch", "region_copy"];
/** Options that have no effect, and say so. */
const warns = ["mfa_code", "token"];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "examples-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The example as a person would copy it into a template, read as the command line reads it. */
async function read({ name, block, example }: OptionEntry): Promise<RawConfig> {
  const path = join(folder, `${name}.pkr.hcl`);
  const variables = ["access_key", "secret_key"].map((variable) => `variable "${variable}" {\n  default = "KEY"\n}\n`);
  const option = `${name} ${block === undefined ? "= " : ""}${example}`;
  const text = `${variables.join("")}source "outscale-chroot" "x" {\n${option}\n}\nbuild {\n  sources = ["outscale-chroot.x"]\n}\n`;
  writeFileSync(path, text);
  const { builds } = await loadTemplate({ path, env: {}, shapeOf: () => hclShapes });
  return builds[0]?.config ?? {};
}

describe("docs/configuration.md", () => {
  it.each(optionReference.flatMap(({ options }) => options).map((entry) => [entry.name, entry] as const))(
    "has an example of %s that works",
    async (name, entry) => {
      const example = await read(entry);
      expect(Object.keys(example)).toEqual([name]);
      const base = { omi_name: "web", source_omi: "ami-12345678" };
      const raws = [name === "from_scratch" ? { omi_name: "web" } : base, companions[name] ?? {}, example];
      const prepare = () => prepareConfig(raws, { resolveRegion: () => "eu-west-2", env: {} });
      expect(prepare).not.toThrow(ConfigError);
      expect(prepare().warnings).toHaveLength(warns.includes(name) ? 1 : 0);
    },
  );

  it("has examples that differ from the default", async () => {
    const prepare = (raw: RawConfig) => {
      const raws = [{ omi_name: "web", source_omi: "ami-00000000" }, raw];
      return JSON.stringify(prepareConfig(raws, { resolveRegion: () => "eu-west-2", env: {} }).config);
    };
    const unchanged: string[] = [];
    for (const entry of optionReference.flatMap(({ options }) => options)) {
      if (refusedAlone.includes(entry.name)) continue;
      const before = companions[entry.name] ?? {};
      if (prepare(before) === prepare({ ...before, ...(await read(entry)) })) unchanged.push(entry.name);
    }
    // The only value there is, or one that only matters for other options.
    const expected = ["omi_virtualization_type", "mfa_code", "token"];
    expect(unchanged.sort()).toEqual(expected.sort());
  });
});
