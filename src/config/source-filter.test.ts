import { describe, expect, it } from "vitest";
import { Findings } from "./rules/findings.ts";
import { readSourceFilter } from "./source-filter.ts";

type Block = Parameters<typeof readSourceFilter>[0];

function read(block: Partial<Block>, isPinned = false) {
  const findings = new Findings([]);
  const filter = readSourceFilter(
    { filters: {}, filter: [], owners: [], most_recent: false, ...block },
    isPinned,
    findings,
  );
  return { filter, problems: findings.problems };
}

const owners = ["self"];

describe("readSourceFilter()", () => {
  it.each([
    ["image-name", "Debian-12-*", { ImageNames: ["Debian-12-*"] }],
    ["name", "Debian-12-*", { ImageNames: ["Debian-12-*"] }],
    ["owner-id", "123456789012", { AccountIds: ["123456789012"] }],
    ["account-alias", "Outscale", { AccountAliases: ["Outscale"] }],
    ["account-aliases", ["Outscale", "Other"], { AccountAliases: ["Outscale", "Other"] }],
    ["boot-mode", "uefi", { BootModes: ["uefi"] }],
    ["boot-modes", ["uefi", "legacy"], { BootModes: ["uefi", "legacy"] }],
    ["hypervisor", "xen", { Hypervisors: ["xen"] }],
    ["architecture", "x86_64", { Architectures: ["x86_64"] }],
    ["state", "available", {}],
    ["root-device-type", "ebs", { RootDeviceTypes: ["bsu", "ebs"] }],
    ["tpm-mandatory", "true", { TpmMandatory: true }],
    ["secure-boot", "0", { SecureBoot: false }],
    ["block-device-mapping-volume-size", "10", { BlockDeviceMappingVolumeSizes: [10] }],
    ["permissions-to-launch-global-permission", "true", { PermissionsToLaunchGlobalPermission: true }],
    ["tag:Stage", ["prod", "test"], { Tags: ["Stage=prod", "Stage=test"] }],
    ["tag", "Stage=prod", { Tags: ["Stage=prod"] }],
    ["tag-key", "Stage", { TagKeys: ["Stage"] }],
  ])("reads %s = %j", (name, value, expected) => {
    const { filter, problems } = read({ filters: { [name]: value }, owners });
    expect(problems).toEqual([]);
    expect(filter.filters).toEqual(expected);
  });

  it("joins blocks with the map, and singular with plural", () => {
    const { filter } = read({
      filters: { "image-name": "a", "tag:A": "1", "tag:B": "2" },
      filter: [{ name: "image-names", value: "b" }],
      owners,
    });
    expect(filter.filters).toEqual({ ImageNames: ["a", "b"], Tags: ["A=1", "B=2"] });
  });

  it("tells account ids, aliases and self apart", () => {
    expect(read({ owners: ["self", "123456789012", "Outscale"] }).filter.owners).toEqual({
      self: true,
      accountIds: ["123456789012"],
      accountAliases: ["Outscale"],
    });
  });

  it.each([
    ["image-nam", "x", "is not a filter of ReadImages", 'did you mean "image-name"?'],
    ["state", "pending", 'can only be "available"', undefined],
    ["secure-boot", "maybe", 'must be true or false, not "maybe"', undefined],
    ["block-device-mapping-volume-size", "big", 'must be a whole number, not "big"', undefined],
  ])("refuses %s = %s", (name, value, message, hint) => {
    expect(read({ filters: { [name]: value }, owners }).problems).toEqual([
      { option: `source_omi_filter.filters.${name}`, message, hint },
    ]);
  });

  it("requires an owner, unless a filter or source_omi tells whose or which OMI it is", () => {
    const filters = { "image-name": "Debian-12-*" };
    expect(read({ filters, most_recent: true }).problems).toMatchObject([{ option: "source_omi_filter.owners" }]);
    for (const name of ["account-id", "account-alias", "owner-id", "image-id"]) {
      expect(read({ filters: { ...filters, [name]: "1" } }).problems).toEqual([]);
    }
    expect(read({ filters }, true).problems).toEqual([]);
  });
});
