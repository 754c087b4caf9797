import { describe, expect, it } from "vitest";
import { configSchema } from "../schema.ts";
import { Findings } from "./findings.ts";
import { checkMappings } from "./mapping-rules.ts";

type Input = NonNullable<Parameters<typeof configSchema.parse>[0]>;

function problems(mappings: readonly object[], options: Input = {}): string[] {
  const findings = new Findings([]);
  checkMappings(configSchema.parse({ ...options, omi_block_device_mappings: mappings }), findings);
  return findings.problems.map(
    ({ option, message }) => `${option.replace("omi_block_device_mappings", "")}: ${message}`,
  );
}

const data = { device_name: "/dev/xvdb" };
const root = { device_name: "/dev/sda1" };
const scratch = { from_scratch: true, root_device_name: "/dev/sda1", root_volume_size: 10 };

describe("checkMappings()", () => {
  it.each<[string, object[], object]>([
    ["a new volume", [{ ...data, volume_size: 10, volume_type: "gp2" }], {}],
    ["a volume left out", [{ ...data, no_device: true }], {}],
    ["an ephemeral disk", [{ ...data, virtual_name: "ephemeral0" }], scratch],
    ["io1 that may take its iops from the source", [{ ...data, volume_type: "io1" }], {}],
    ["iops that may be for a source that is io1", [{ ...data, iops: 100 }], {}],
    ["the most iops", [{ ...data, volume_type: "io1", volume_size: 10, iops: 3000 }], scratch],
    ["iops for a root of type io1", [{ ...root, iops: 3000 }], { ...scratch, root_volume_type: "io1" }],
  ])("accepts %s", (_, mappings, options) => {
    expect(problems(mappings, options)).toEqual([]);
  });

  it.each<[string, object[], object, string]>([
    [
      "a slot taken twice",
      [data, { device_name: "/dev/sdb" }],
      {},
      '[1].device_name: "/dev/sdb" is taken by "/dev/xvdb"',
    ],
    [
      "no_device with a size",
      [{ ...data, no_device: true, volume_size: 1 }],
      {},
      "[0].no_device: leaves no volume for volume_size",
    ],
    [
      "virtual_name with iops",
      [{ ...data, virtual_name: "ephemeral0", iops: 1, volume_type: "io1" }],
      {},
      "[0].virtual_name: leaves no volume for iops, volume_type",
    ],
    [
      "no root",
      [{ ...root, no_device: true }],
      { root_device_name: "/dev/sda1" },
      "[0].no_device: cannot be set for the root device, which carries what was built",
    ],
    [
      "nothing to leave out",
      [{ ...data, no_device: true }],
      scratch,
      "[0].no_device: has nothing to leave out with from_scratch",
    ],
    ["a new volume of no size", [data], scratch, "[0].volume_size: is required without snapshot_id"],
    [
      "iops for gp2",
      [{ ...data, volume_type: "gp2", iops: 100 }],
      {},
      '[0].iops: is for "io1" volumes, and this one is "gp2"',
    ],
    [
      "iops for the default type",
      [{ ...data, volume_size: 1, iops: 100 }],
      scratch,
      '[0].iops: is for "io1" volumes, and this one is "standard"',
    ],
    [
      "io1 without iops",
      [{ ...data, volume_size: 1, volume_type: "io1" }],
      scratch,
      '[0].iops: is required for volume_type "io1"',
    ],
    [
      "too many iops",
      [{ ...data, volume_size: 10, volume_type: "io1", iops: 3001 }],
      {},
      "[0].iops: must be at most 3000 for 10 GiB: 300 per GiB",
    ],
    [
      "too many iops for the root",
      [{ ...root, volume_type: "io1", iops: 3001 }],
      scratch,
      "[0].iops: must be at most 3000 for 10 GiB: 300 per GiB",
    ],
  ])("refuses %s", (_, mappings, options, problem) => {
    expect(problems(mappings, options)).toEqual([problem]);
  });
});
