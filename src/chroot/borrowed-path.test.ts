import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { borrowPath } from "./borrowed-path.ts";
import { RootFolder } from "./root-folder.ts";
import { TransferError } from "./transfer-error.ts";

let folder: string;
let root: RootFolder;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "borrowed-path-"));
  mkdirSync(join(folder, "etc"));
  root = new RootFolder(folder);
});
afterEach(() => rmSync(folder, { recursive: true }));

const file = { content: Buffer.from("lent"), mode: 0o644, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
const TOO_LONG = "x".repeat(256);

describe("borrowPath()", () => {
  it("leaves no folder when one of those that are missing cannot be made", () => {
    expect(() => borrowPath(root, `/etc/a/b/${TOO_LONG}/f`, file)).toThrow(/^Cannot make the folder .*ENAMETOOLONG/);
    expect(readdirSync(folder, { recursive: true })).toEqual(["etc"]);
  });

  it("leaves no folder either where a link leads to what is missing", () => {
    symlinkSync("/data", join(folder, "etc/link"));
    expect(() => borrowPath(root, `/etc/link/b/${TOO_LONG}/f`, file)).toThrow(TransferError);
    expect(readdirSync(folder, { recursive: true }).sort()).toEqual(["etc", "etc/link"]);
  });

  it("leaves no folder when the file itself cannot be made", () => {
    expect(() => borrowPath(root, `/etc/a/b/${TOO_LONG}`, file)).toThrow(TransferError);
    expect(readdirSync(folder, { recursive: true })).toEqual(["etc"]);
  });
});
