import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeTemporaryFolder, removeTemporaryFolder, temporaryPath } from "./temporary-folder.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "temporary-folder-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("makeTemporaryFolder()", () => {
  it("makes one that nobody else can look into, and removes it with all that is in it", async () => {
    const made = await makeTemporaryFolder("packer-shell-");
    expect(statSync(made.path).mode & 0o777).toBe(0o700);
    writeFileSync(join(made.path, "script"), "TOKEN=x");
    await made.remove();
    expect(existsSync(made.path)).toBe(false);
    await made.remove();
  });
});

describe("temporaryPath()", () => {
  it("gives another path each time", async () => {
    const paths = await Promise.all(Array.from({ length: 20 }, () => temporaryPath("x-")));
    expect(new Set(paths).size).toBe(20);
  });
});

describe("removeTemporaryFolder()", () => {
  it("does not follow a link that has taken the folder's place", async () => {
    const target = join(folder, "target");
    mkdirSync(target);
    writeFileSync(join(target, "precious"), "");
    symlinkSync(target, join(folder, "link"));
    await removeTemporaryFolder(join(folder, "link"));
    expect([existsSync(join(folder, "link")), existsSync(join(target, "precious"))]).toEqual([true, true]);
  });

  it("leaves a file that has taken its place", async () => {
    writeFileSync(join(folder, "file"), "");
    await removeTemporaryFolder(join(folder, "file"));
    expect(existsSync(join(folder, "file"))).toBe(true);
  });
});
