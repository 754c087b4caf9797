import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { collectFiles, type WantedPath } from "./collect-files.ts";
import { packBundle } from "./pack-bundle.ts";
import { unpackBundle } from "./unpack-bundle.ts";

let folder: string;
let refused: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bundle-"));
  refused = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const want = (path: string, rest: Partial<WantedPath> = {}): WantedPath => ({
  path,
  use: "read",
  isOptional: false,
  refuse: (problem) => refused.push(problem),
  ...rest,
});

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** The found paths, from the folder on. */
function found(...wanted: readonly WantedPath[]): readonly string[] {
  return collectFiles(wanted, folder).found.map(
    ({ path, kind }) => path.slice(folder.length) + (kind === "folder" ? "/" : ""),
  );
}

const addressOf = (sha256: string) => createHash("sha256").update("address").update(sha256).digest("hex");
const packAll = (limitBytes = 1e6) => packBundle(collectFiles([want(folder)], folder).found, { limitBytes, addressOf });

describe("collectFiles()", () => {
  it("takes files by themselves, folders with what is below them, and tells what is not there", () => {
    write({ "a.sh": "", "b.sh": "", "data/x": "", "data/deep/y": "" });
    expect(found(want("a.sh"), want("data"), want("none"), want("later", { isOptional: true }))).toEqual([
      "/a.sh",
      "/data/",
      "/data/deep/",
      "/data/deep/y",
      "/data/x",
    ]);
    expect(refused).toEqual(['cannot read "none": there is no such file or folder']);
  });

  it("takes what lies beside a playbook, but for the history of its repository", () => {
    write({ "play/site.yml": "", "play/roles/web/tasks/main.yml": "", "play/.git/config": "", "other/x": "" });
    const paths = found(want("play/site.yml", { use: "read-folder" }));
    expect(paths).toContain("/play/roles/web/tasks/main.yml");
    expect(paths.filter((path) => path.includes(".git") || path.includes("other"))).toEqual([]);
  });

  it("leaves out what .fleetignore names, and nothing that is named by itself", () => {
    write({ ".fleetignore": "*.log\n/data/cache/\n", "data/a.log": "", "data/b": "", "data/cache/c": "" });
    expect(found(want("data"))).toEqual(["/data/", "/data/b"]);
    expect(found(want("data/a.log"))).toEqual(["/data/a.log"]);
    write({ "data/.fleetignore": "b\n" });
    expect(found(want("data"))).toEqual(["/data/", "/data/.fleetignore"]);
  });

  it("follows links, once, and tells of those that lead nowhere", () => {
    write({ "data/real": "text", "shared/one": "" });
    symlinkSync("real", join(folder, "data/link"));
    symlinkSync("../shared", join(folder, "data/shared"));
    symlinkSync(".", join(folder, "data/loop"));
    symlinkSync("nothing", join(folder, "data/dangling"));
    const { found: all, warnings } = collectFiles([want("data")], folder);
    expect(all.map(({ path, kind }) => [path.slice(folder.length), kind])).toEqual([
      ["/data", "folder"],
      ["/data/link", "file"],
      ["/data/real", "file"],
      ["/data/shared", "folder"],
      ["/data/shared/one", "file"],
    ]);
    expect(warnings).toEqual([
      expect.stringContaining("data/dangling leads nowhere"),
      expect.stringContaining("data/loop leads to a folder that it is in"),
    ]);
  });
});

describe("packBundle()", () => {
  it("gives the same bundle for the same files, whenever they were written, and each content once", () => {
    write({ a: "same", b: "same", c: "other" });
    const first = packAll();
    utimesSync(join(folder, "a"), 0, 0);
    expect(packAll()).toEqual(first);
    expect(first.contents.size).toBe(2);
    expect(first.bytes).toBe("sameother".length);
  });

  it("takes no bit with it that would give somebody rights", () => {
    write({ tool: "x" });
    chmodSync(join(folder, "tool"), 0o6755);
    expect(packAll().manifest.at(-1)).toMatchObject({ mode: 0o755 });
  });

  it("refuses more than the limit, before it reads anything, and names what is large", () => {
    write({ small: "x", "disk.img": "x".repeat(2_000) });
    expect(() => packAll(1_000)).toThrow(
      /disk\.img .*and a bundle may have|may have 0\.0 MiB; the largest are .*disk\.img/,
    );
  });
});

describe("unpackBundle()", () => {
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
  const file = (path: string, rest: object = {}) => {
    return { kind: "file", path, mode: 0o644, bytes: 1, sha256: sha256("x"), address: addressOf(sha256("x")), ...rest };
  };
  const into = () => join(folder, "into");
  const unpack = (manifest: unknown, text = "x") => {
    mkdirSync(into(), { mode: 0o700 });
    return unpackBundle(manifest, { folder: into(), limitBytes: 1_000, read: async () => Buffer.from(text) });
  };

  it("gives back what was packed, with its modes", async () => {
    write({ "from/run.sh": "#!/bin/sh\n", "from/deep/data": "\0binary" });
    chmodSync(join(folder, "from/run.sh"), 0o750);
    chmodSync(join(folder, "from/deep"), 0o555);
    const { manifest, contents } = packBundle(collectFiles([want("from")], folder).found, {
      limitBytes: 1e6,
      addressOf,
    });
    mkdirSync(into());
    const read = async ({ address }: { readonly address: string }) => contents.get(address) ?? Buffer.alloc(0);
    await unpackBundle(manifest, { folder: into(), limitBytes: 1e6, read });
    const there = join(into(), folder, "from");
    expect(readFileSync(join(there, "run.sh"), "utf8")).toBe("#!/bin/sh\n");
    expect(readFileSync(join(there, "deep/data"), "utf8")).toBe("\0binary");
    expect(statSync(join(there, "run.sh")).mode & 0o7777).toBe(0o750);
    expect(statSync(join(there, "deep")).mode & 0o7777).toBe(0o555);
    chmodSync(join(folder, "from/deep"), 0o755);
    chmodSync(join(there, "deep"), 0o755);
  });

  it.each([
    ["a path that leads out", [file("../evil")]],
    ["one that leads out further down", [file("a/../../evil")]],
    ["an absolute path", [file("/evil")]],
    ["an empty part", [file("a//b")]],
    ["no path at all", [file("")]],
    ["a NUL", [file("a\0b")]],
    ["a set-ID bit", [file("a", { mode: 0o4755 })]],
    ["a sticky bit", [file("a", { mode: 0o1777 })]],
    ["a link", [{ kind: "link", path: "a", target: "/etc/passwd" }]],
    ["a device", [{ kind: "device", path: "a", mode: 0o600, major: 1, minor: 1 }]],
    ["a path twice", [file("a"), file("a")]],
    ["a file that is a folder, too", [file("a"), file("a/b")]],
    ["a size that is too large", [file("a", { bytes: 5_000 })]],
    ["a size that is less than nothing", [file("a", { bytes: -5 })]],
    ["something else", "a"],
    ["nothing", null],
  ])("refuses %s, and writes nothing outside", async (_, manifest) => {
    await expect(unpack(manifest)).rejects.toMatchObject({ code: "E_FLEET" });
    expect(existsSync(join(folder, "evil"))).toBe(false);
    expect(readdirSync(folder)).toEqual(["into"]);
  });

  it("refuses a content that is not what the manifest says", async () => {
    await expect(unpack([file("a")], "y")).rejects.toThrow('"a" is not what its manifest says');
  });
});
