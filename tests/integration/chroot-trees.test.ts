import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  type BigIntStats,
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ChrootCommunicator } from "../../src/chroot/chroot-communicator.ts";
import { CopyStopped } from "../../src/chroot/copy-bytes.ts";
import { copyTree, type TreeJob, type TreeResult } from "../../src/chroot/tree-copy.ts";
import { hostRunner } from "../../src/host/run-command.ts";
import { bundle, run } from "../support/chroot/fixtures.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

let folder: string;
let image: string;
let source: string;
let warnings: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "chroot-trees-"));
  [image, source] = [join(folder, "image"), join(folder, "source")];
  warnings = [];
  for (const path of [image, join(image, "etc"), join(image, "usr"), source]) mkdirSync(path);
});
afterEach(() => rm(folder, { recursive: true }));

function communicate(): ChrootCommunicator {
  return new ChrootCommunicator({
    runner: hostRunner(),
    mountPath: image,
    onWarning: (message) => warnings.push(message),
  });
}

/** Everything that is to stay the same: kind, mode, owner, time, content, link, names of one file, attributes. */
async function describeTree(root: string): Promise<string[]> {
  const { stdout: attributes } = await run("getfattr", ["-R", "-h", "-d", "-m", "-", "-e", "hex", "."], { cwd: root });
  const lines: string[] = [];
  const firstNames = new Map<bigint, string>();
  const visit = (path: Buffer, name: string) => {
    const stats = lstatSync(path, { bigint: true });
    const first = stats.isDirectory() ? name : (firstNames.get(stats.ino) ?? name);
    firstNames.set(stats.ino, first);
    const time = stats.mtimeNs / 1000n;
    lines.push(
      `${name} ${stats.mode.toString(8)} ${stats.uid}:${stats.gid} ${time} =${first} ${contentOf(path, stats)}`,
    );
    if (!stats.isDirectory()) return;
    const entries = readdirSync(path, { encoding: "latin1" }).sort();
    for (const entry of entries) visit(Buffer.concat([path, Buffer.from(`/${entry}`, "latin1")]), `${name}/${entry}`);
  };
  visit(Buffer.from(root), "");
  return [...lines, ...attributes.split("\n\n").sort()];
}

function contentOf(path: Buffer, stats: BigIntStats): string {
  if (stats.isSymbolicLink()) return readlinkSync(path);
  if (!stats.isFile()) return "";
  const isHuge = stats.size > 100_000_000n;
  return isHuge ? `${stats.size} bytes` : createHash("sha256").update(readFileSync(path)).digest("hex");
}

async function makeRichTree(root: string): Promise<void> {
  writeFileSync(join(root, "plain"), "plain");
  writeFileSync(join(root, "setuid"), "#!/bin/sh\n");
  chownSync(join(root, "setuid"), 12, 34);
  chmodSync(join(root, "setuid"), 0o6755);
  writeFileSync(join(root, "secret"), "x", { mode: 0o400 });
  mkdirSync(join(root, "empty"));
  mkdirSync(join(root, "sticky"));
  chmodSync(join(root, "sticky"), 0o1777);
  mkdirSync(join(root, "deep/er/and/deeper"), { recursive: true });
  writeFileSync(join(root, "deep/er/file name\nwith newline"), "");
  writeFileSync(Buffer.concat([Buffer.from(`${root}/deep/latin1-`), Buffer.from([0xe9])]), "not UTF-8");
  linkSync(join(root, "plain"), join(root, "deep/hard"));
  linkSync(join(root, "plain"), join(root, "deep/er/hard"));
  symlinkSync("../plain", join(root, "deep/relative"));
  symlinkSync("/etc/passwd", join(root, "absolute"));
  symlinkSync("missing", join(root, "dangling"));
  await run("setfattr", ["-n", "user.note", "-v", "a note\nof two lines", join(root, "plain")]);
  await run("setfattr", ["-n", "user.note", "-v", "odd", join(root, "deep/er/file name\nwith newline")]);
  await run("setfattr", ["-n", "trusted.mark", "-v", "0xff00", join(root, "empty")]);
  await run("setfattr", ["-h", "-n", "trusted.link", "-v", "l", join(root, "dangling")]);
  // A capability: revision 2, permitted and effective cap_net_bind_service.
  const capability = "0x0100000200040000000000000000000000000000";
  await run("setfattr", ["-n", "security.capability", "-v", capability, join(root, "secret")]);
  writeFileSync(join(root, "sparse"), "start");
  truncateSync(join(root, "sparse"), 1024 ** 3);
  // Programs copy these, beside each other.
  for (const name of ["large", "deep/large", "deep/er/large"])
    writeFileSync(join(root, name), Buffer.alloc(17 * 1024 ** 2, name));
  linkSync(join(root, "large"), join(root, "deep/er/and/hard"));
  await run("setfattr", ["-n", "user.note", "-v", "large", join(root, "deep/large")]);
}

const describe = requirePrograms("getfattr", "setfattr", "cp", "chroot", "perl");

describe("ChrootCommunicator.uploadDir() and downloadDir()", () => {
  it("carry a tree up unchanged and down without privileges, sparse files sparse", async () => {
    await makeRichTree(source);
    const given = await describeTree(source);
    await communicate().uploadDir("/tree", `${source}/`, { keepsOwner: true });
    expect(await describeTree(join(image, "tree"))).toEqual(given);
    await communicate().downloadDir("/tree/", join(folder, "back"));
    chownSync(join(source, "setuid"), 0, 0);
    chmodSync(join(source, "setuid"), 0o755);
    await run("setfattr", ["-x", "security.capability", join(source, "secret")]);
    const before = await describeTree(source);
    expect(before).not.toEqual(given);
    expect(await describeTree(join(folder, "back"))).toEqual(before);
    expect(warnings).toEqual([]);
    for (const place of [join(image, "tree"), join(folder, "back")]) {
      expect(lstatSync(join(place, "sparse")).blocks * 512).toBeLessThan(1024 ** 2);
    }
  });

  it("follow the slash rule, as cp -R has it", async () => {
    writeFileSync(join(source, "f"), "");
    await communicate().uploadDir("/etc", source);
    await communicate().uploadDir("/etc/", `${source}/`);
    await communicate().uploadDir("/new", source);
    expect(readdirSync(join(image, "etc")).sort()).toEqual(["f", "source"]);
    expect(readdirSync(join(image, "etc/source"))).toEqual(["f"]);
    expect(readdirSync(join(image, "new"))).toEqual(["f"]);
    await communicate().downloadDir("/etc/source", folder);
    await communicate().downloadDir("/etc/source", image);
    expect(readdirSync(join(image, "source"))).toEqual(["f"]);
  });

  it("leave out what the globs exclude", async () => {
    for (const path of ["a.tmp", "keep", "sub/b.tmp", "sub/keep", "cache/x", "sub/cache/y", ".git/config"]) {
      mkdirSync(join(source, path, ".."), { recursive: true });
      writeFileSync(join(source, path), "");
    }
    await communicate().uploadDir("/tree", `${source}/`, { exclude: ["*.tmp", "./cache/", ".git", "sub/k*"] });
    const { stdout } = await run("find", [".", "-type", "f"], { cwd: join(image, "tree") });
    expect(stdout.trim().split("\n").sort()).toEqual(["./keep", "./sub/cache/y"]);
  });

  it("leave the mode, owner and time of folders that are there, and replace links", async () => {
    chmodSync(join(image, "etc"), 0o711);
    mkdirSync(join(source, "etc"), { mode: 0o700 });
    writeFileSync(join(source, "etc/resolv.conf"), "new");
    writeFileSync(join(image, "usr/target"), "untouched");
    symlinkSync("../usr/target", join(image, "etc/resolv.conf"));
    await communicate().uploadDir("/", `${source}/`);
    expect(lstatSync(join(image, "etc")).mode & 0o7777).toBe(0o711);
    expect(lstatSync(join(image, "etc/resolv.conf")).isFile()).toBe(true);
    expect(readFileSync(join(image, "usr/target"), "utf8")).toBe("untouched");
  });

  /** All that a person can see of a file but its content and times. */
  const lookOf = (path: string) => {
    const { mode, uid, gid, ino, nlink } = lstatSync(path);
    return { mode: mode & 0o7777, uid, gid, ino, nlink };
  };

  it("give what is new to root, whoever it belongs to on this machine, files, folders and links alike", async () => {
    mkdirSync(join(source, "etc/cron.d"), { recursive: true });
    writeFileSync(join(source, "etc/cron.d/job"), "", { mode: 0o640 });
    linkSync(join(source, "etc/cron.d/job"), join(source, "etc/cron.d/same"));
    symlinkSync("job", join(source, "etc/cron.d/link"));
    await run("chown", ["-Rh", "1000:1000", source]);
    await communicate().uploadDir("/", `${source}/`);
    await communicate().uploadDir("/made/for/it", `${source}/`);
    for (const root of [image, join(image, "made/for/it")]) {
      for (const path of ["etc/cron.d", "etc/cron.d/job", "etc/cron.d/same", "etc/cron.d/link"]) {
        expect(lookOf(join(root, path))).toMatchObject({ uid: 0, gid: 0 });
      }
      expect(lookOf(join(root, "etc/cron.d/job"))).toMatchObject({ mode: 0o640, nlink: 2 });
    }
    expect(lookOf(join(image, "made/for/it"))).toMatchObject({ uid: 0, gid: 0 });
  });

  it.each([
    { what: "a small file", size: 10 },
    { what: "an empty one", size: 0 },
    { what: "one that a program copies", size: 20 * 1024 * 1024 },
  ])("let a file that is there keep all but its content, as cp does: $what", async ({ size }) => {
    const shadow = join(image, "etc/shadow");
    writeFileSync(shadow, "what was there", { mode: 0o640 });
    chownSync(shadow, 0, 42);
    linkSync(shadow, join(image, "etc/shadow-"));
    await run("setfattr", ["-n", "user.note", "-v", "kept", shadow]);
    mkdirSync(join(source, "etc"));
    writeFileSync(join(source, "etc/shadow"), "n".repeat(size), { mode: 0o644 });
    chownSync(join(source, "etc/shadow"), 1000, 1000);
    await run("setfattr", ["-n", "user.other", "-v", "not wanted", join(source, "etc/shadow")]);
    const before = lookOf(shadow);
    await communicate().uploadDir("/", `${source}/`);
    await communicate().uploadDir("/", `${source}/`, { keepsOwner: true });
    expect(lookOf(shadow)).toEqual(before);
    expect(readFileSync(shadow, "utf8")).toBe("n".repeat(size));
    const { stdout } = await run("getfattr", ["-d", "--absolute-names", shadow]);
    expect(stdout.trim().split("\n").slice(1)).toEqual(['user.note="kept"']);
  });

  it("give what comes down to whoever downloads it", async () => {
    writeFileSync(join(image, "etc/f"), "");
    await run("chown", ["-R", "33:33", join(image, "etc")]);
    await communicate().downloadDir("/etc/", join(folder, "down"));
    const own = { uid: process.geteuid?.(), gid: process.getegid?.() };
    expect([lookOf(join(folder, "down")), lookOf(join(folder, "down/f"))]).toMatchObject([own, own]);
  });

  it("go through the image's links to folders on the way up, inside the image", async () => {
    mkdirSync(join(image, "usr/lib"));
    symlinkSync("usr/lib", join(image, "lib"));
    mkdirSync(join(source, "lib"));
    writeFileSync(join(source, "lib/x"), "x");
    await communicate().uploadDir("/", `${source}/`);
    expect(lstatSync(join(image, "lib")).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(image, "usr/lib/x"), "utf8")).toBe("x");
  });

  it("follow no link of the host's destination on the way down", async () => {
    mkdirSync(join(folder, "elsewhere"));
    mkdirSync(join(folder, "down"));
    symlinkSync("../elsewhere", join(folder, "down/etc"));
    writeFileSync(join(image, "etc/f"), "");
    await expect(communicate().downloadDir("/", join(folder, "down/"))).rejects.toThrow("folder's place");
    expect(readdirSync(join(folder, "elsewhere"))).toEqual([]);
  });

  it("warn of what cannot be copied, and refuse what has no end", async () => {
    await run("mkfifo", [join(source, "pipe")]);
    await communicate().uploadDir("/tree", `${source}/`);
    expect(warnings).toEqual(['"pipe" is left out: it is a socket, a pipe or a device']);
    await expect(communicate().uploadDir("/sub", `${folder}/`)).rejects.toThrow("into itself");
  });

  it("name what is missing or in the way", async () => {
    await expect(communicate().uploadDir("/tree", join(folder, "none"))).rejects.toThrow(`no folder "${folder}/none"`);
    await expect(communicate().uploadDir("/tree", "")).rejects.toThrow("empty");
    writeFileSync(join(image, "file"), "");
    await expect(communicate().uploadDir("/file", source)).rejects.toThrow(/"\/file"/);
    mkdirSync(join(source, "f"));
    mkdirSync(join(image, "tree"));
    writeFileSync(join(image, "tree/f"), "");
    await expect(communicate().uploadDir("/tree", `${source}/`)).rejects.toThrow(/Cannot copy ".*\/f" to "\/tree\/f"/);
  });
});

describe("copyTree()", () => {
  it("carries 10,000 files in memory that does not grow with them, in the thread of a release", async () => {
    for (let i = 0; i < 100; i += 1) {
      mkdirSync(join(source, `${i}`));
      for (let j = 0; j < 100; j += 1) writeFileSync(join(source, `${i}/${j}`), `${i} ${j}`);
    }
    await bundle(
      { "tree-job": "src/chroot/tree-job.ts", "tree-worker": "src/chroot/tree-worker.ts" },
      join(folder, "bundle"),
    );
    const released: { runTreeJob(job: TreeJob): Promise<TreeResult> } = await import(
      join(folder, "bundle/tree-job.js")
    );
    const roots = {
      fromRoot: "/",
      toRoot: image,
      exclude: [],
      followFolderLinks: true,
      keepPrivileges: true,
      overwritesFiles: true,
    };
    let turns = 0;
    const turning = setInterval(() => {
      turns += 1;
    }, 1);
    const result = await released.runTreeJob({ ...roots, from: source, to: "/tree" });
    clearInterval(turning);
    expect(result).toEqual({ files: 10_000, warnings: [] });
    // The event loop went on meanwhile.
    expect(turns).toBeGreaterThan(10);
    expect(await describeTree(join(image, "tree"))).toEqual(await describeTree(source));
    const missing = released.runTreeJob({ ...roots, from: "/nowhere", to: "/tree" });
    await expect(missing).rejects.toThrow('Cannot read the folder "/nowhere"');
  });

  it("leaves no descriptor open, also when it fails", async () => {
    await makeRichTree(source);
    writeFileSync(join(image, "etc/deep"), "in the way");
    const count = () => readdirSync("/proc/self/fd").length;
    const before = count();
    const job = {
      fromRoot: "/",
      from: source,
      toRoot: image,
      exclude: [],
      followFolderLinks: true,
      keepPrivileges: true,
      overwritesFiles: true,
    };
    await expect(copyTree({ ...job, to: "/etc" })).rejects.toThrow("place");
    await copyTree({ ...job, to: "/fresh" });
    expect(count()).toBe(before);
  });
});

describe("copying a file on which somebody keeps a lease", () => {
  it.each([
    ["a small", 100],
    ["a large", 16 * 1024 * 1024],
  ])("can be stopped, also of %s one", async (_size, bytes) => {
    const leased = join(source, "leased");
    writeFileSync(leased, Buffer.alloc(bytes, 1));
    // F_SETLEASE, F_WRLCK: it hears that somebody wants the file, and does nothing about it.
    const keep =
      '$SIG{IO} = "IGNORE"; open my $f, "<", $ARGV[0]; fcntl $f, 1024, 1 or die $!; $| = 1; print "kept"; <STDIN>';
    const keeper = spawn("perl", ["-e", keep, leased], { stdio: ["pipe", "pipe", "inherit"] });
    try {
      expect(String((await once(keeper.stdout, "data"))[0])).toBe("kept");
      const ways = { exclude: [], followFolderLinks: true, keepPrivileges: true, overwritesFiles: true };
      let asked = 0;
      const copied = copyTree({ fromRoot: "/", from: source, toRoot: image, to: "/tree", ...ways }, () => ++asked > 5);
      await expect(copied).rejects.toThrow(CopyStopped);
    } finally {
      keeper.kill();
    }
  });
});

describe("a hostile image", () => {
  /** Links at every kind of place, all leading to the canary if the host followed them. */
  function plantLinks(canary: string): void {
    symlinkSync(canary, join(image, "abs"));
    symlinkSync(`../../../../../../../..${canary}`, join(image, "climb"));
    symlinkSync(join(canary, "file"), join(image, "abs-file"));
    symlinkSync(`${"../".repeat(12)}${canary.slice(1)}/file`, join(image, "etc/climb-file"));
    symlinkSync("/abs", join(image, "chained"));
  }

  function makeCanary(): string {
    const canary = join(folder, "canary");
    mkdirSync(join(canary, "sub"), { recursive: true });
    writeFileSync(join(canary, "file"), "canary");
    return canary;
  }

  it("gets what is uploaded through its links, and the host nothing", async () => {
    const canary = makeCanary();
    const before = await describeTree(canary);
    plantLinks(canary);
    mkdirSync(join(image, canary), { recursive: true });
    mkdirSync(join(source, "sub"));
    writeFileSync(join(source, "sub/new"), "new");
    for (const path of ["/abs/one", "/climb/two", "/chained/three", "/abs-file", "/etc/climb-file"]) {
      await communicate().upload(path, Readable.from(["content"]));
      await communicate().uploadDir("/abs", `${source}/`);
    }
    expect(await describeTree(canary)).toEqual(before);
    expect(readdirSync(join(image, canary)).sort()).toEqual(["file", "one", "sub", "three", "two"]);
    expect(readFileSync(join(image, canary, "file"), "utf8")).toBe("content");
  });

  it("gains nothing by swapping a folder for a link in a loop", async () => {
    const canary = makeCanary();
    const before = await describeTree(canary);
    mkdirSync(join(image, "real/sub"), { recursive: true });
    symlinkSync(canary, join(image, "link"));
    mkdirSync(join(source, "sub"));
    for (let i = 0; i < 50; i += 1) writeFileSync(join(source, `sub/${i}`), `${i}`);
    const stop = startSwapping();
    try {
      for (let i = 0; i < 150; i += 1) {
        // Each may fail where the folder is away for a moment; none may land outside.
        await communicate()
          .upload("/place/file", Readable.from([`upload ${i}`]))
          .catch(() => undefined);
        await communicate()
          .uploadDir("/place", `${source}/`)
          .catch(() => undefined);
        await communicate()
          .downloadDir("/place/", join(folder, "down"))
          .catch(() => undefined);
      }
    } finally {
      await stop();
    }
    expect(await describeTree(canary)).toEqual(before);
    expect(readFileSync(join(image, "real/file"), "utf8")).toMatch(/^upload/);
    expect(readdirSync(join(image, "real/sub")).length).toBe(50);
    // Nothing of the host came down by way of the image.
    expect(readFileSync(join(folder, "down/file"), "utf8")).toMatch(/^upload/);
  });

  /** Puts the folder `real` and the link `link` at `place` in turn, as fast as it goes. @returns stops it */
  function startSwapping(): () => Promise<void> {
    const stopFlag = new Int32Array(new SharedArrayBuffer(4));
    const code = `
      const { renameSync } = require("node:fs");
      const { workerData: { image, stopFlag } } = require("node:worker_threads");
      const swap = (name) => { renameSync(image + "/" + name, image + "/place"); renameSync(image + "/place", image + "/" + name); };
      for (let i = 0; Atomics.load(stopFlag, 0) === 0; i += 1) {
        // An upload may make a folder of that name meanwhile; it is put away.
        try { swap("real"); swap("link"); } catch { renameSync(image + "/place", image + "/away" + i); }
      }
    `;
    const worker = new Worker(code, { eval: true, workerData: { image, stopFlag } });
    const ended = once(worker, "exit");
    return async () => {
      Atomics.store(stopFlag, 0, 1);
      await ended;
    };
  }
});
