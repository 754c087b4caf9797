import { describe, expect, it } from "vitest";
import type { RawValue } from "../definition/raw-value.ts";
import { coerce } from "./coerce.ts";
import { configSchema, type OptionName } from "./schema.ts";

const cases: readonly (readonly [OptionName, RawValue, unknown])[] = [
  ["root_volume_size", "50", 50],
  ["root_volume_size", " 50 ", 50],
  ["root_volume_size", 0, 0],
  ["root_volume_size", "0", 0],
  ["root_volume_size", "", undefined],
  ["root_volume_size", "fifty", "fifty"],
  ["from_scratch", "true", true],
  ["from_scratch", "T", true],
  ["from_scratch", 0, false],
  ["from_scratch", "yes", "yes"],
  ["from_scratch", "", undefined],
  ["omi_name", 2026, "2026"],
  ["omi_name", true, "1"],
  ["omi_description", "", undefined],
  ["omi_description", null, undefined],
  ["mount_partition", 1, "1"],
  ["omi_account_ids", "123456789012", ["123456789012"]],
  ["omi_account_ids", "123456789012,210987654321", ["123456789012", "210987654321"]],
  ["omi_account_ids", 123456789012, ["123456789012"]],
  ["copy_files", "", []],
  ["copy_files", [], []],
  ["tags", { Count: 3, Empty: "" }, { Count: "3", Empty: "" }],
  ["tags", [{ A: "1" }, { B: "2" }], { A: "1", B: "2" }],
  ["tags", [{ A: "1" }, { ["__proto__"]: "2" }], { A: "1", ["__proto__"]: "2" }],
  ["chroot_mounts", [["tmpfs", "tmpfs", "/run"]], [["tmpfs", "tmpfs", "/run"]]],
  ["source_omi_filter", [{ most_recent: "1", owners: "self" }], { most_recent: true, owners: ["self"] }],
  ["source_omi_filter", { filters: { "image-id": ["ami-1", 2] } }, { filters: { "image-id": ["ami-1", "2"] } }],
  ["omi_block_device_mappings", { volume_size: "8", iops: 0 }, [{ volume_size: 8, iops: 0 }]],
  ["timeouts", { lock: "1m", typo: "x" }, { lock: "1m", typo: "x" }],
  ["tag", [{ key: "A", value: 1 }], [{ key: "A", value: "1" }]],
];

describe("coerce()", () => {
  it.each(cases)("reads %s = %j as %j", (name, value, expected) => {
    expect(coerce(configSchema.shape[name], value)).toEqual(expected);
  });
});
