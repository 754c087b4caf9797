import { describe, expect, it } from "vitest";
import { blockShapes, hclShapes } from "./hcl-shape.ts";
import { optionNames } from "./schema.ts";

describe("hclShapes", () => {
  it("has every option, with the types that the original's spec has", () => {
    expect(Object.keys(hclShapes).sort()).toEqual([...optionNames].sort());
    expect(hclShapes).toMatchObject({
      omi_name: { kind: "attribute", type: "string" },
      root_volume_size: { kind: "attribute", type: "number" },
      from_scratch: { kind: "attribute", type: "bool" },
      copy_files: { kind: "attribute", type: { list: "string" } },
      chroot_mounts: { kind: "attribute", type: { list: { list: "string" } } },
      tags: { kind: "attribute", type: { map: "string" } },
      mount_partition: { kind: "attribute", type: "string" },
    });
  });
});

describe("blockShapes", () => {
  it("tells which options are blocks, and which of them repeat", () => {
    const repeated = Object.fromEntries(Object.entries(blockShapes).map(([name, shape]) => [name, shape.repeated]));
    expect(repeated).toEqual({
      source_omi_filter: false,
      omi_block_device_mappings: true,
      tag: true,
      snapshot_tag: true,
      region_copy: false,
      root_volume_tag: true,
      timeouts: false,
      polling: false,
      boot_test: false,
      image_check: false,
    });
    expect(blockShapes.source_omi_filter?.body).toEqual({
      filters: { kind: "attribute", type: { map: "string" }, isLoose: true },
      filter: {
        kind: "block",
        repeated: true,
        body: { name: { kind: "attribute", type: "string" }, value: { kind: "attribute", type: "string" } },
      },
      owners: { kind: "attribute", type: { list: "string" } },
      most_recent: { kind: "attribute", type: "bool" },
    });
  });
});
