import { describe, expect, it } from "vitest";
import { readConfiguration } from "./configuration.ts";

const hcl = (value: unknown) => Buffer.from(JSON.stringify({ value, type: ["object", {}] }));

describe("readConfiguration()", () => {
  it("takes a JSON template's map as it is, and one without options", () => {
    const settings = { packer_build_name: "b", packer_user_variables: { "": "", region: "eu-west-2" } };
    const options = { omi_name: "{{user `region`}}", root_volume_size: 8, tags: { a: "1" }, list: ["a", null] };
    expect(readConfiguration({ Configs: [options, settings] }).raws).toEqual([options, settings]);
    expect(readConfiguration({ Configs: [null, settings] }).raws).toEqual([{}, settings]);
  });

  it("takes an HCL2 template's options out of their JSON; what was not written hides nothing", () => {
    const value = { omi_name: "web", packer_build_name: null, region: null, omi_block_device_mappings: [] };
    const { raws } = readConfiguration({ Configs: [{ packer_build_name: "one" }, hcl(value)] });
    expect(raws).toEqual([{ packer_build_name: "one" }, { omi_name: "web", omi_block_device_mappings: [] }]);
  });

  it("reads text that comes as bytes", () => {
    expect(readConfiguration({ Configs: [{ omi_name: Buffer.from("web") }] }).raws).toEqual([{ omi_name: "web" }]);
  });

  it("names the options that are not known yet", () => {
    const value = { source_omi: "<unknown>", omi_name: "web", source_omi_filter: { filters: { a: "<unknown>" } } };
    const { unknown } = readConfiguration({ Configs: [{}, hcl(value)] });
    expect([...unknown].sort()).toEqual(["source_omi", "source_omi_filter"]);
  });

  it.each([
    ["nothing", null, "no struct"],
    ["no list", { Configs: 1 }, "no configuration"],
    ["options that are no map", { Configs: [[1]] }, "holds no options"],
    ["text that is no JSON", { Configs: [Buffer.from("{")] }, "cannot be read"],
  ])("refuses %s", (_, argument, message) => {
    expect(() => readConfiguration(argument)).toThrow(message);
  });
});
