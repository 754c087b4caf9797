import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTestCore } from "../../../tests/support/local-cloud/test-core.ts";
import { readSeed } from "./read-seed.ts";

describe("a seed", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), "seed-")));
    await writeFile(join(folder, "base.raw"), "a disk");
  });
  afterEach(() => rm(folder, { recursive: true }));

  const write = (text: string, name = "seed.yaml") => writeFile(join(folder, name), text);

  it("is read from YAML or JSON, with the real paths of its disks", async () => {
    await mkdir(join(folder, "sub"));
    await symlink("../base.raw", join(folder, "sub/link.raw"));
    await write('{"images": [{"name": "base", "disk": "sub/link.raw"}], "volumes": [{"size": 2}]}', "seed.json");
    const seed = { images: [{ name: "base", disk: join(folder, "base.raw") }], volumes: [{ size: 2 }] };
    expect(await readSeed(folder)).toEqual(seed);
  });

  it.each([
    ["a path out of its folder", "images: [{ name: base, disk: ../base.raw }]"],
    ["an absolute path", "images: [{ name: base, disk: /etc/hostname }]"],
    ["a link out of its folder", "images: [{ name: base, disk: out.raw }]"],
    ["a folder", "volumes: [{ disk: sub }]"],
    ["what is not there", "volumes: [{ disk: nothing }]"],
    ["a field that is none", "pictures: []"],
    ["no YAML", "a: b: c"],
  ])("is refused for %s", async (_, text) => {
    await mkdir(join(folder, "sub"));
    await symlink("/etc/hostname", join(folder, "out.raw"));
    await write(text);
    await expect(readSeed(folder)).rejects.toThrow(expect.objectContaining({ code: "E_LOCAL_CLOUD" }));
  });

  it("is refused when there is none", async () => {
    await expect(readSeed(folder)).rejects.toThrow("is not a seed");
  });

  it("gives a new cloud accounts, images and volumes, besides what every cloud begins with", async () => {
    await write(`
accounts:
  builder: { id: "123456789012", access_key: SEEDKEY, secret_key: seed-secret }
images:
  - { name: base, disk: base.raw, public: true, boot_modes: [uefi], tags: { Name: base } }
  - { name: theirs, disk: base.raw, account: other }
volumes:
  - { size: 3, type: gp2, tags: { Name: data } }
  - { disk: base.raw }
`);
    await using test = await openTestCore({ seed: folder });
    const { Images = [] } = test.call("ReadImages", {});
    expect(Images.map(({ ImageName }) => ImageName)).toEqual(
      expect.arrayContaining(["base", "Debian-12-2026.01.01-0"]),
    );
    expect(Images).toHaveLength(2);
    const base = Images.find(({ ImageName }) => ImageName === "base");
    expect(base).toMatchObject({
      AccountId: "123456789012",
      BootModes: ["uefi"],
      Tags: [{ Key: "Name", Value: "base" }],
    });
    const { Volumes = [] } = test.call("ReadVolumes", { Filters: { VolumeStates: ["available"] } });
    expect(Volumes.map(({ Size, VolumeType }) => [Size, VolumeType])).toEqual(
      expect.arrayContaining([
        [3, "gp2"],
        [1, "standard"],
      ]),
    );
    expect(test.core.accounts.byRole("builder")).toMatchObject({ accessKey: "SEEDKEY", secretKey: "seed-secret" });
  });

  it.each([
    ["a name that the API refuses", "images: [{ name: 'a:b', disk: base.raw }]"],
    ["a name twice", "images: [{ name: base, disk: base.raw }, { name: base, disk: base.raw }]"],
    ["iops of a volume that has none", "volumes: [{ size: 1, iops: 100 }]"],
    [
      "the key of another account",
      "accounts: { builder: { access_key: SAME, secret_key: long-enough }, other: { access_key: SAME, secret_key: long-enough } }",
    ],
  ])("is refused for %s", async (_, text) => {
    await write(text);
    await expect(openTestCore({ seed: folder })).rejects.toThrow(expect.objectContaining({ code: "E_LOCAL_CLOUD" }));
  });
});
