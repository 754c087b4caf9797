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
import { StorageError } from "../../outscale/object-storage/storage-error.ts";
import { collectFiles, type WantedPath } from "./collect-files.ts";
import { OBJECT_FROM_BYTES, packBundle } from "./pack-bundle.ts";
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
const packAll = (limitBytes = 1e6, bucketLimitBytes?: number) =>
  packBundle(collectFiles([want(folder)], folder).found, { limitBytes, bucketLimitBytes, addressOf });

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
  it("gives the same bundle for the same files, whenever they were written, and each content once", async () => {
    write({ a: "same", b: "same", c: "other" });
    const first = await packAll();
    utimesSync(join(folder, "a"), 0, 0);
    expect(await packAll()).toEqual(first);
    expect(first.contents.size).toBe(2);
    expect(first.bytes).toBe("sameother".length);
  });

  it("takes no bit with it that would give somebody rights", async () => {
    write({ tool: "x" });
    chmodSync(join(folder, "tool"), 0o6755);
    expect((await packAll()).manifest.at(-1)).toMatchObject({ mode: 0o755 });
  });

  it("refuses more than the limit, before it reads anything, and names what is large", async () => {
    write({ small: "x", "disk.img": "x".repeat(2_000) });
    await expect(packAll(1_000)).rejects.toThrow(/and a bundle may have 0\.0 MiB; the largest are .*disk\.img/);
  });

  it("leaves what is above 1 MiB to the bucket, once, where there is one, and holds none of it", async () => {
    const large = "x".repeat(OBJECT_FROM_BYTES + 1);
    write({ "a.img": large, "b.img": large, small: "x".repeat(OBJECT_FROM_BYTES) });
    const { manifest, contents, objects, bytes } = await packAll(OBJECT_FROM_BYTES, 3 * OBJECT_FROM_BYTES);
    const sha256 = createHash("sha256").update(large).digest("hex");
    const address = addressOf(sha256);
    expect([...objects]).toEqual([
      [address, { path: expect.stringMatching(/[ab]\.img$/), bytes: large.length, sha256 }],
    ]);
    const images = manifest.filter(({ path }) => path.endsWith(".img"));
    expect(images).toMatchObject([
      { bytes: large.length, sha256, address, store: "bucket" },
      { bytes: large.length, sha256, address, store: "bucket" },
    ]);
    expect([...contents.values()].map(({ length }) => length)).toEqual([OBJECT_FROM_BYTES]);
    expect(manifest.find(({ path }) => path.endsWith("small"))).not.toHaveProperty("store");
    expect(bytes).toBe(2 * OBJECT_FROM_BYTES + 1);
    await expect(packAll(OBJECT_FROM_BYTES, 2 * OBJECT_FROM_BYTES)).rejects.toMatchObject({
      message: expect.stringMatching(/would go through the bucket have 2\.0 MiB, and a bundle may have 2\.0 MiB.*img/),
      hint: expect.stringContaining("-bundle-bucket-limit"),
    });
    await expect(packAll(3 * OBJECT_FROM_BYTES)).rejects.toMatchObject({
      hint: expect.stringContaining("with -bundle-bucket"),
    });
  });
});

describe("unpackBundle()", () => {
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
  const file = (path: string, rest: object = {}) => {
    return { kind: "file", path, mode: 0o644, bytes: 1, sha256: sha256("x"), address: addressOf(sha256("x")), ...rest };
  };
  const into = () => join(folder, "into");
  async function* pieces(...all: readonly (string | Buffer)[]) {
    for (const piece of all) yield Buffer.from(piece);
  }
  const unpack = (manifest: unknown, text = "x") => {
    mkdirSync(into(), { mode: 0o700 });
    const limits = { limitBytes: 1_000, bucketLimitBytes: 2_000 };
    return unpackBundle(manifest, { folder: into(), ...limits, read: () => pieces(text) });
  };

  it("gives back what was packed, with its modes", async () => {
    write({ "from/run.sh": "#!/bin/sh\n", "from/deep/data": "\0binary" });
    chmodSync(join(folder, "from/run.sh"), 0o750);
    chmodSync(join(folder, "from/deep"), 0o555);
    const { found } = collectFiles([want("from")], folder);
    const { manifest, contents } = await packBundle(found, { limitBytes: 1e6, bucketLimitBytes: undefined, addressOf });
    mkdirSync(into());
    const read = ({ address }: { readonly address: string }) => pieces(contents.get(address) ?? "");
    await unpackBundle(manifest, { folder: into(), limitBytes: 1e6, bucketLimitBytes: 0, read });
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
    ["more than may come through a bucket", [file("a", { bytes: 3_000, store: "bucket" })]],
    ["a place that is none", [file("a", { store: "disk" })]],
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

  it("writes no more of a content than the manifest says, and stops when it is told to", async () => {
    mkdirSync(into(), { mode: 0o700 });
    const limits = { folder: into(), limitBytes: 1_000, bucketLimitBytes: 2_000 };
    async function* endless() {
      for (;;) yield Buffer.from("x");
    }
    await expect(unpackBundle([file("a")], { ...limits, read: endless })).rejects.toThrow(
      "is not what its manifest says",
    );
    expect(statSync(join(into(), "a")).size).toBe(1);
    const stop = new AbortController();
    async function* stopped() {
      yield Buffer.from("x");
      stop.abort();
      yield Buffer.from("x");
    }
    const two = file("b", { bytes: 2, sha256: sha256("xx") });
    const unpacking = unpackBundle([two], { ...limits, read: stopped, signal: stop.signal });
    await expect(unpacking).rejects.toMatchObject({ code: "E_CANCELLED" });
  });

  it("takes more through a bucket than through the queue, and passes on what the bucket says of itself", async () => {
    const text = "x".repeat(1_500);
    const large = file("a", { bytes: text.length, sha256: sha256(text), store: "bucket" });
    await unpack([large], text);
    expect(statSync(join(into(), "a")).size).toBe(1_500);
    const failure = new StorageError({ operation: "GetObject", httpStatus: 503, ambiguous: false }, "It is busy");
    // biome-ignore lint/correctness/useYield: it fails before it gives anything
    async function* busy(): AsyncGenerator<Buffer> {
      throw failure;
    }
    const limits = { folder: into(), limitBytes: 1_000, bucketLimitBytes: 2_000 };
    await expect(unpackBundle([file("b")], { ...limits, read: busy })).rejects.toBe(failure);
  });
});
