import {
  chmodSync,
  chownSync,
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
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { rewriteFile } from "./rewrite-file.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rewrite-file-"));
  path = join(folder, "web.pkr.hcl");
  writeFileSync(path, "old");
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

/** What every open file does from here on when it is asked for this. */
async function fail(method: "writeFile" | "chown" | "chmod", code: string): Promise<void> {
  const file = await open(path);
  const prototype = Object.getPrototypeOf(file);
  await file.close();
  vi.spyOn(prototype, method).mockRejectedValue(Object.assign(new Error(code), { code }));
}

describe("rewriteFile()", () => {
  it.each([0o644, 0o600, 0o664, 0o755])("keeps the mode %o", async (mode) => {
    chmodSync(path, mode);
    await rewriteFile(path, "new");
    expect(readFileSync(path, "utf8")).toBe("new");
    expect(statSync(path).mode & 0o7777).toBe(mode);
    expect(readdirSync(folder)).toEqual(["web.pkr.hcl"]);
  });

  it.runIf(process.getuid?.() === 0)("keeps the owner", async () => {
    chownSync(path, 1_234, 4_321);
    await rewriteFile(path, "new");
    expect(statSync(path)).toMatchObject({ uid: 1_234, gid: 4_321 });
  });

  it("writes through a link, which stays one", async () => {
    mkdirSync(join(folder, "elsewhere"));
    symlinkSync("../web.pkr.hcl", join(folder, "elsewhere", "link"));
    await rewriteFile(join(folder, "elsewhere", "link"), "new");
    expect(lstatSync(join(folder, "elsewhere", "link")).isSymbolicLink()).toBe(true);
    expect(readFileSync(path, "utf8")).toBe("new");
    expect(readdirSync(join(folder, "elsewhere"))).toEqual(["link"]);
  });

  it("leaves what was there, and nothing else, on a disk that is full", async () => {
    await fail("writeFile", "ENOSPC");
    await expect(rewriteFile(path, "new")).rejects.toThrow("ENOSPC");
    expect(readFileSync(path, "utf8")).toBe("old");
    expect(readdirSync(folder)).toEqual(["web.pkr.hcl"]);
  });

  it.each(["EPERM", "EACCES", "EBUSY"])("writes in its place where another file cannot stand: %s", async (code) => {
    await fail("chmod", code);
    const { ino } = statSync(path);
    await rewriteFile(path, "new");
    expect(readFileSync(path, "utf8")).toBe("new");
    expect(statSync(path).ino).toBe(ino);
    expect(readdirSync(folder)).toEqual(["web.pkr.hcl"]);
  });
});
