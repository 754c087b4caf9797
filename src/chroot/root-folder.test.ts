import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type NewFile, RootFolder } from "./root-folder.ts";
import { TransferError } from "./transfer-error.ts";

let folder: string;
let root: RootFolder;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "root-folder-"));
  mkdirSync(join(folder, "host"));
  writeFileSync(join(folder, "host/canary"), "canary");
  mkdirSync(join(folder, "image/etc"), { recursive: true });
  mkdirSync(join(folder, "image/run/lock"), { recursive: true });
  mkdirSync(join(folder, "image/var"));
  root = new RootFolder(join(folder, "image"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const inImage = (path: string) => join(folder, "image", path);

function write(path: string, text: string, file?: NewFile): void {
  const fd = root.openForWrite(path, file);
  writeSync(fd, text);
  closeSync(fd);
}

describe("RootFolder.resolve()", () => {
  it.each([
    ["/", "/"],
    ["", "/"],
    ["etc", "/etc"],
    ["/etc/../../../run", "/run"],
    ["/var/lock/x", "/run/lock/x"],
    ["/var/abs/x", "/run/lock/x"],
    ["/climb/etc", "/etc"],
    ["/var/chain/x", "/run/lock/x"],
    ["/var/dangling", "/run/nothing"],
    ["/etc//./missing", "/etc/missing"],
  ])("takes %j to %j", (path, expected) => {
    symlinkSync("../run/lock", inImage("var/lock"));
    symlinkSync("/run/lock", inImage("var/abs"));
    symlinkSync("../../../../..", inImage("climb"));
    symlinkSync("/var/lock/", inImage("var/chain"));
    symlinkSync("/run/nothing", inImage("var/dangling"));
    expect(root.resolve(path)).toBe(expected);
  });

  it("fails on a loop of links, a missing folder and a file in the way", () => {
    symlinkSync("b", inImage("a"));
    symlinkSync("a", inImage("b"));
    writeFileSync(inImage("file"), "");
    expect(() => root.resolve("/a")).toThrow(TransferError);
    expect(() => root.resolve("/missing/x")).toThrow(/"\/missing\/x" in the image/);
    expect(() => root.resolve("/file/x")).toThrow(TransferError);
    expect(() => root.resolve("/file/")).toThrow(TransferError);
  });
});

describe("RootFolder.openForWrite()", () => {
  it("writes inside the image where links point at the host", () => {
    mkdirSync(inImage(join(folder, "host")), { recursive: true });
    symlinkSync(join(folder, "host"), inImage("out"));
    symlinkSync(join(folder, "host/canary"), inImage("etc/direct"));
    write("/out/canary", "one");
    expect(readFileSync(inImage(join(folder, "host/canary")), "utf8")).toBe("one");
    write("/etc/direct", "two");
    expect(readFileSync(inImage(join(folder, "host/canary")), "utf8")).toBe("two");
    expect(readFileSync(join(folder, "host/canary"), "utf8")).toBe("canary");
  });

  it("keeps inode, mode and owner of a file that is there, unless it is told to set the mode", () => {
    writeFileSync(inImage("etc/f"), "long content", { mode: 0o600 });
    const before = statSync(inImage("etc/f"));
    write("/etc/f", "short");
    expect(readFileSync(inImage("etc/f"), "utf8")).toBe("short");
    expect(statSync(inImage("etc/f"))).toMatchObject({ ino: before.ino, mode: before.mode });
    write("/etc/f", "x", { mode: 0o755 });
    expect(statSync(inImage("etc/f"))).toMatchObject({ ino: before.ino, mode: before.mode });
    write("/etc/f", "x", { mode: 0o755, setsMode: true });
    expect(statSync(inImage("etc/f")).mode & 0o7777).toBe(0o755);
  });

  it("creates with 0644 or the mode given, whatever the umask", () => {
    const umask = process.umask(0o077);
    try {
      write("/etc/new", "");
      write("/etc/script", "", { mode: 0o4755 });
    } finally {
      process.umask(umask);
    }
    expect(statSync(inImage("etc/new")).mode & 0o7777).toBe(0o644);
    expect(statSync(inImage("etc/script")).mode & 0o7777).toBe(0o4755);
  });

  it.each(["/etc", "/etc/", "/", "", ".."])("refuses the folder %j", (path) => {
    expect(() => root.openForWrite(path)).toThrow(/folder/);
  });
});

describe("RootFolder.makeFolders()", () => {
  it("makes what is missing, through links, and says what it made", () => {
    symlinkSync("/run", inImage("var/run"));
    expect(root.makeFolders("/var/run/a/b")).toEqual(["/run/a", "/run/a/b"]);
    expect(root.makeFolders("/var/run/a/b")).toEqual([]);
    expect(statSync(inImage("run/a/b")).mode & 0o7777).toBe(0o755);
  });

  it("refuses to make a folder where a file is", () => {
    writeFileSync(inImage("etc/f"), "");
    expect(() => root.makeFolders("/etc/f")).toThrow(/something else/);
  });

  it("makes all of them or none, and says of none that it is there", () => {
    const path = `/run/a/b/${"x".repeat(256)}`;
    expect(() => root.makeFolders(path)).toThrow(/ENAMETOOLONG/);
    expect(readdirSync(inImage("run"))).toEqual(["lock"]);
    mkdirSync(inImage("run/a/b"), { recursive: true });
    expect(() => root.makeFolders(path)).toThrow(/ENAMETOOLONG/);
    expect(readdirSync(inImage("run/a"))).toEqual(["b"]);
    expect([root.exists(path), root.missingFolders(path)]).toEqual([false, [path]]);
  });
});

describe("RootFolder", () => {
  it("tells a link from its target", () => {
    symlinkSync("/run", inImage("link"));
    symlinkSync("/nowhere", inImage("dangling"));
    expect(root.lstat("/link")?.isSymbolicLink()).toBe(true);
    expect(root.stat("/link")?.isDirectory()).toBe(true);
    expect(root.readlink("/link")).toBe("/run");
    expect([root.exists("/link"), root.exists("/dangling"), root.exists("/missing/x")]).toEqual([true, false, false]);
    expect(root.lstat("/missing")).toBeUndefined();
    root.unlink("/link");
    expect(readdirSync(inImage("."))).toEqual(["dangling", "etc", "run", "var"]);
  });

  it("reads text and names, byte for byte", () => {
    write("/etc/naïve 🦊", "text\n");
    expect(root.readdir("/etc")).toEqual(["naïve 🦊"]);
    expect(root.readText("/etc/naïve 🦊")).toBe("text\n");
    expect(root.readText("/etc/missing")).toBeUndefined();
    root.makeFolders("/run/empty");
    root.rmdir("/run/empty");
    expect(root.exists("/run/empty")).toBe(false);
    expect(() => root.rmdir("/run")).toThrow(TransferError);
  });

  it("leaves no descriptor open", () => {
    const open = () => readdirSync("/proc/self/fd").length;
    const before = open();
    for (let i = 0; i < 20; i += 1) {
      root.exists("/etc/a/b");
      root.stat("/run/lock");
      expect(() => root.resolve("/missing/x")).toThrow();
      root.makeFolders(`/run/${i}/x`);
    }
    expect(open()).toBe(before);
  });
});
