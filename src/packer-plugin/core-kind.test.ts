import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { coreKindOf } from "./core-kind.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "core-kind-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const MIB = 1024 * 1024;

describe("coreKindOf()", () => {
  it.each([
    ["a current core", ["github.com/hashicorp/packer-plugin-sdk/plugin"], { isOld: false, isVendored: false }],
    ["1.6", ["github.com/hashicorp/packer/packer-plugin-sdk/plugin"], { isOld: true, isVendored: false }],
    [
      "Debian's 1.6",
      [
        "github.com/hashicorp/packer/vendor/github.com/hashicorp/hcl/v2/hcldec",
        "github.com/hashicorp/packer/packer-plugin-sdk/plugin",
      ],
      { isOld: true, isVendored: true },
    ],
  ])("knows %s by the names in it, also across the pieces it is read in", async (_, names, kind) => {
    const program = join(folder, "program");
    const filling = Buffer.alloc(MIB - 20);
    await writeFile(program, Buffer.concat(names.flatMap((name) => [filling, Buffer.from(name)])));
    expect(await coreKindOf(program, {})).toEqual(kind);
  });

  it("takes what it cannot read for a current core, and believes the environment", async () => {
    const missing = join(folder, "missing");
    expect(await coreKindOf(missing, {})).toEqual({ isOld: false, isVendored: false });
    const env = { OUTSCALE_CHROOT_PACKER_CORE: "1.6-debian" };
    expect(await coreKindOf(missing, env)).toEqual({ isOld: true, isVendored: true });
  });
});
