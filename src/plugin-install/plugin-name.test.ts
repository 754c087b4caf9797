import { describe, expect, it } from "vitest";
import { version } from "../common/version.ts";
import { describePlugin, identityOf } from "./plugin-name.ts";

describe("identityOf()", () => {
  it.each([
    ["/p/packer-plugin-outscale-chroot_v1.2.3_x5.0_linux_amd64", { name: "outscale-chroot", version: "1.2.3" }],
    ["/p/packer-plugin-outscale_v1.5.0_x5.0_linux_arm64", { name: "outscale", version: "1.5.0" }],
    ["/p/packer-plugin-outscale", { name: "outscale", version }],
    ["/p/packer-builder-outscale-chroot", { name: "outscale-chroot", version }],
    ["/p/dist/outscale-chroot", { name: "outscale-chroot", version }],
  ])("%s", (path, identity) => {
    expect(identityOf(path)).toEqual(identity);
  });
});

describe("describePlugin()", () => {
  it("has every field that a core compares", () => {
    expect(JSON.parse(describePlugin({ name: "outscale", version: "1.5.0" }))).toEqual({
      version: "1.5.0",
      sdk_version: "0.6.10",
      api_version: "x5.0",
      builders: ["chroot"],
      post_processors: [],
      provisioners: [],
      datasources: [],
      protocol_version: "v2",
    });
    expect(JSON.parse(describePlugin({ name: "outscale-chroot", version }))).toMatchObject({
      builders: ["-packer-default-plugin-name-"],
    });
  });
});
