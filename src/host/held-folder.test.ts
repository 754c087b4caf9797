import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { heldFolders, removeAbandoned } from "./held-folder.ts";

let root: string;
let parent: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "held-folder-"));
  parent = join(root, "temporary");
});
afterEach(() => rmSync(root, { recursive: true }));

describe("heldFolders()", () => {
  it("makes folders for our eyes alone, which stay as long as they are held", async () => {
    const folder = await heldFolders(parent)("script-");
    writeFileSync(join(folder.path, "script"), "secret");
    expect([statSync(parent).mode & 0o777, statSync(folder.path).mode & 0o777]).toEqual([0o700, 0o700]);
    expect(await removeAbandoned(parent)).toEqual([]);
    expect(existsSync(join(folder.path, "script"))).toBe(true);
    await folder.remove();
    expect(existsSync(folder.path)).toBe(false);
  });
});

describe("removeAbandoned()", () => {
  it("removes what nobody holds, and follows no link", async () => {
    mkdirSync(join(parent, "left/deep"), { recursive: true });
    mkdirSync(join(root, "elsewhere"));
    symlinkSync(join(root, "elsewhere"), join(parent, "link"));
    writeFileSync(join(parent, "file"), "");
    expect(await removeAbandoned(parent)).toEqual([join(parent, "left")]);
    expect([existsSync(join(root, "elsewhere")), existsSync(join(parent, "file"))]).toEqual([true, true]);
  });

  it("has nothing to do where nothing was ever made", async () => {
    expect(await removeAbandoned(parent)).toEqual([]);
  });
});
