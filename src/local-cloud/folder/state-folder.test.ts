import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { resetLocalCloud } from "../administer-cloud.ts";
import { startLocalCloud } from "../start-local-cloud.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "state-folder-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("the folder of a local cloud", () => {
  it("is none that has a dev or disks of its own: they stay", async () => {
    mkdirSync(join(folder, "disks"));
    mkdirSync(join(folder, "dev"));
    for (const name of ["disks/mine.raw", "dev/null", "notes"]) writeFileSync(join(folder, name), "mine");
    const options = { stateFolder: folder, blocks: "memory" } as const;
    await expect(startLocalCloud(options)).rejects.toThrow("is not a local cloud's folder");
    await expect(resetLocalCloud(folder)).rejects.toThrow("is not a local cloud's folder");
    for (const name of ["disks/mine.raw", "dev/null", "notes"]) expect(existsSync(join(folder, name))).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(["dev", "disks", "notes"]);
  });

  it("is emptied of the cloud's own things, and may be used again", async () => {
    const start = async () => (await startLocalCloud({ stateFolder: folder, blocks: "memory" })).close();
    await start();
    writeFileSync(join(folder, "notes"), "mine");
    await resetLocalCloud(folder);
    expect(readdirSync(folder).sort()).toEqual(["lock", "notes"]);
    await start();
    expect(existsSync(join(folder, "state.json"))).toBe(true);
  });
});
