import { lstat, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../common/clock.ts";
import { addToManifest, type ManifestBuild } from "./manifest-file.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "manifest-"));
});
afterEach(() => rm(folder, { recursive: true }));

const build: ManifestBuild = {
  name: "debian",
  builder_type: "outscale-chroot",
  files: null,
  artifact_id: "eu-west-2:ami-1a2b3c4d",
  packer_run_uuid: "uuid",
  custom_data: null,
};
const input = { runUuid: "uuid", force: false, clock: systemClock, signal: new AbortController().signal };

describe("addToManifest()", () => {
  it("writes through no link that somebody put at its temporary name", async () => {
    const [path, victim] = [join(folder, "manifest.json"), join(folder, "victim")];
    await writeFile(victim, "untouched");
    await symlink(victim, `${path}.${process.pid}.tmp`);
    await addToManifest(path, build, input);
    expect((await lstat(path)).isFile()).toBe(true);
    expect(await readFile(victim, "utf8")).toBe("untouched");
    expect((await readdir(folder)).length).toBe(3);
  });

  it("makes the folders that are missing", async () => {
    const path = join(folder, "no/such/folder/manifest.json");
    await addToManifest(path, build, input);
    expect(JSON.parse(await readFile(path, "utf8"))).toMatchObject({ builds: [{ name: "debian" }] });
  });
});
