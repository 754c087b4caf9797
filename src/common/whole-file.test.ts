import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { makeWholeFile, partialName, publishFile, writeWholeFile } from "./whole-file.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "whole-file-"));
  path = join(folder, "file");
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

/** Every fsync(2) from here on: `file` or `folder`, and what had its name in the folder by then. */
async function watchSyncs(): Promise<string[]> {
  const file = await open(folder, "r");
  const prototype: FileHandle = Object.getPrototypeOf(file);
  await file.close();
  const { sync } = prototype;
  const seen: string[] = [];
  vi.spyOn(prototype, "sync").mockImplementation(async function (this: FileHandle) {
    const kind = (await this.stat()).isDirectory() ? "folder" : "file";
    seen.push(`${kind} ${existsSync(path) ? readFileSync(path, "utf8") : "-"}`);
    return sync.call(this);
  });
  return seen;
}

describe("writeWholeFile()", () => {
  it("makes a file for its owner's eyes, also in place of one that others can read", async () => {
    writeFileSync(path, "old", { mode: 0o644 });
    await writeWholeFile(path, "new");
    expect(readFileSync(path, "utf8")).toBe("new");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(["file"]);
  });

  it("takes another mode, and bytes", async () => {
    await writeWholeFile(path, Buffer.from([0, 255]), { mode: 0o640 });
    expect(readFileSync(path)).toEqual(Buffer.from([0, 255]));
    expect(statSync(path).mode & 0o777).toBe(0o640 & ~process.umask());
  });

  it("has the content on the disk before the name, and the name on return", async () => {
    const syncs = await watchSyncs();
    await writeWholeFile(path, "new");
    expect(syncs).toEqual(["file -", "folder new"]);
  });

  it("replaces links, and follows none", async () => {
    const victim = join(folder, "victim");
    writeFileSync(victim, "untouched");
    symlinkSync(victim, path);
    symlinkSync(victim, `${path}.part`);
    await writeWholeFile(path, "new", { partial: `${path}.part` });
    expect(lstatSync(path).isFile()).toBe(true);
    expect(readFileSync(victim, "utf8")).toBe("untouched");
    expect(readdirSync(folder).sort()).toEqual(["file", "victim"]);
  });

  it("clears away what a killed process has left under the given name", async () => {
    writeFileSync(`${path}.part`, "half", { mode: 0o644 });
    await writeWholeFile(path, "new", { partial: `${path}.part` });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(["file"]);
  });

  it.each([undefined, "given"])("leaves nothing, and what was there, when the name cannot be had", async (name) => {
    mkdirSync(join(path, "full"), { recursive: true });
    await expect(writeWholeFile(path, "new", name ? { partial: join(folder, name) } : {})).rejects.toThrow(
      "is a folder",
    );
    expect(readdirSync(folder)).toEqual(["file"]);
  });

  it("leaves a pipe, or what a link leads to one by, as it is", async () => {
    execFileSync("mkfifo", [path]);
    symlinkSync(path, join(folder, "link"));
    for (const name of ["file", "link"])
      await expect(writeWholeFile(join(folder, name), "new")).rejects.toThrow("is not a plain file");
    expect(lstatSync(path).isFIFO()).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(["file", "link"]);
  });

  it("writes into a folder that cannot be read", async () => {
    chmodSync(folder, 0o300);
    await writeWholeFile(path, "new");
    chmodSync(folder, 0o700);
    expect(readFileSync(path, "utf8")).toBe("new");
  });
});

describe("makeWholeFile()", () => {
  it("leaves what was there when the content does not come to its end", async () => {
    writeFileSync(path, "old");
    const filling = makeWholeFile(path, async (file) => {
      await file.write("half of");
      throw new Error("The source is gone");
    });
    await expect(filling).rejects.toThrow("The source is gone");
    expect(readFileSync(path, "utf8")).toBe("old");
    expect(readdirSync(folder)).toEqual(["file"]);
  });
});

describe("publishFile()", () => {
  it("has the content on the disk before the name, and the name on return", async () => {
    writeFileSync(`${path}.part`, "whole");
    const syncs = await watchSyncs();
    await publishFile(`${path}.part`, path);
    expect(syncs).toEqual(["file -", "folder whole"]);
    expect(readdirSync(folder)).toEqual(["file"]);
  });
});

describe("partialName()", () => {
  it("is beside the path, and never the same", () => {
    const names = new Set(Array.from({ length: 100 }, () => partialName(path)));
    expect(names.size).toBe(100);
    for (const name of names) expect(name).toMatch(/file\.[0-9a-f]{16}\.part$/);
  });
});
