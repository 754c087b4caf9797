import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { configJsonSchema } from "./json-schema.ts";

describe("docs/configuration.schema.json", () => {
  it("is what `npm run docs` makes of the schema", () => {
    expect(JSON.parse(readFileSync("docs/configuration.schema.json", "utf8"))).toEqual(configJsonSchema());
  });
});

const validate = new Ajv2020({ strict: true }).compile(configJsonSchema());

describe("configJsonSchema()", () => {
  it("accepts what a template may say", () => {
    const config = {
      omi_name: "web",
      source_omi_filter: { filters: { "image-name": "Debian-12-*" }, owners: ["Outscale"], most_recent: true },
      chroot_mounts: [["proc", "proc", "/proc"]],
      omi_block_device_mappings: [{ device_name: "/dev/xvdb", volume_size: 10 }],
      timeouts: { snapshot: "12h" },
      mount_partition: "1",
    };
    expect(validate(config), JSON.stringify(validate.errors)).toBe(true);
  });

  it.each([
    [{}, "omi_name"],
    [{ omi_name: "web", omi_nmae: "web" }, "omi_nmae"],
    [{ omi_name: "web", root_volume_type: "ssd" }, "root_volume_type"],
    [{ omi_name: "web", omi_block_device_mappings: [{ volume_size: 10 }] }, "device_name"],
  ])("refuses %j", (config, name) => {
    expect(validate(config)).toBe(false);
    expect(JSON.stringify(validate.errors)).toContain(name);
  });
});
