import {
  chmodSync,
  chownSync,
  closeSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type LoanRecord, returnLoan } from "../../src/chroot/borrowed-path.ts";
import { copyHostFile } from "../../src/chroot/copy-host-file.ts";
import { quietEnvironment, quietServices } from "../../src/chroot/quiet-services.ts";
import { RootFolder } from "../../src/chroot/root-folder.ts";
import { startSandbox } from "../../src/chroot/sandbox.ts";
import { isErrno } from "../../src/common/errno.ts";
import { Cleanup, makeBusyboxRoot, makeExt4Device, run, tempFolder } from "../support/chroot/fixtures.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const cleanup = new Cleanup();
let image: string;
let root: RootFolder;
/** On the host, and at the same path inside the image. */
let path: string;
let inside: string;

beforeEach(async () => {
  const device = await makeExt4Device(cleanup);
  image = await tempFolder(cleanup);
  await run("mount", [device, image]);
  cleanup.add(() => run("umount", ["--recursive", image]));
  root = new RootFolder(image);
  const host = await tempFolder(cleanup);
  path = join(host, "resolv.conf");
  writeFileSync(path, "nameserver 192.0.2.1\n");
  chmodSync(path, 0o640);
  chownSync(path, 7, 8);
  inside = join(image, path);
  mkdirSync(join(image, host), { recursive: true });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await cleanup.run();
});

/** Everything about a folder's entries and the folder itself but the time of the last change of the inode. */
async function describeFolder(folder: string): Promise<unknown[]> {
  const { stdout } = await run("getfattr", ["-R", "-h", "-d", "-m", "-", "."], { cwd: folder });
  const { stdout: flags } = await run("lsattr", ["-a", "."], { cwd: folder }).catch((error) => error);
  const entries = [".", ...readdirSync(folder)].map((name) => {
    const { ino, mode, uid, gid, mtimeNs, nlink } = lstatSync(join(folder, name), { bigint: true });
    const isLink = lstatSync(join(folder, name)).isSymbolicLink();
    return { name, ino, mode, uid, gid, mtimeNs, nlink, link: isLink && readlinkSync(join(folder, name)) };
  });
  return [entries, stdout, flags];
}

/** Takes all the room of a file system. @returns gives it back */
function fillUp(folder: string, leftBytes = 0): () => void {
  const [filler, spare] = [join(folder, "filler"), join(folder, "spare")];
  if (leftBytes > 0) writeFileSync(spare, Buffer.alloc(leftBytes));
  const fd = openSync(filler, "w");
  try {
    for (let size = 1024 * 1024; size >= 512; ) {
      try {
        writeSync(fd, Buffer.alloc(size));
      } catch (error) {
        if (!isErrno(error, "ENOSPC")) throw error;
        size /= 2;
      }
    }
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  rmSync(spare, { force: true });
  return () => rmSync(filler);
}

/** From here on a program says that it is broken, and fails. @returns mends it */
function breakProgram(name: string): () => void {
  const programs = mkdtempSync(join(tmpdir(), "programs-"));
  cleanup.add(async () => rmSync(programs, { recursive: true }));
  writeFileSync(join(programs, name), `#!/bin/sh\necho "${name} is broken" >&2\nexit 1\n`, { mode: 0o755 });
  vi.stubEnv("PATH", `${programs}:${process.env.PATH}`);
  return () => vi.unstubAllEnvs();
}

const describe = requirePrograms("losetup", "mkfs.ext4", "getfattr", "setfattr", "lsattr", "chattr");

describe("copyHostFile()", () => {
  const before: [string, () => Promise<unknown> | unknown][] = [
    ["nothing", () => undefined],
    [
      "a file with attributes",
      async () => {
        writeFileSync(inside, "own\n", { mode: 0o604 });
        chownSync(inside, 1, 2);
        await run("setfattr", ["-n", "user.note", "-v", "kept", inside]);
      },
    ],
    [
      "a file with two names",
      () => {
        writeFileSync(inside, "own\n");
        linkSync(inside, `${inside}.other`);
      },
    ],
    ["a relative link", () => symlinkSync("../run/stub-resolv.conf", inside)],
    ["an absolute, dangling link", () => symlinkSync("/run/systemd/resolve/stub-resolv.conf", inside)],
    ["a link to the host's file", () => symlinkSync(path, inside)],
    [
      "an immutable file",
      async () => {
        writeFileSync(inside, "own\n");
        await run("chattr", ["+i", inside]);
        cleanup.add(() => run("chattr", ["-i", inside]));
      },
    ],
  ];

  it.each(before)("puts content, mode and owner there, and back exactly what there was: %s", async (_, prepare) => {
    await prepare();
    const [folder, host] = [join(inside, ".."), join(path, "..")];
    const [insideBefore, hostBefore] = [await describeFolder(folder), await describeFolder(host)];
    const borrowed = copyHostFile(root, path);
    expect(readFileSync(inside, "utf8")).toBe("nameserver 192.0.2.1\n");
    expect(lstatSync(inside)).toMatchObject({ uid: 7, gid: 8 });
    expect(lstatSync(inside).mode & 0o7777).toBe(0o640);
    expect(lstatSync(inside).isFile()).toBe(true);
    expect(borrowed.restore()).toBe("restored");
    expect(await describeFolder(folder)).toEqual(insideBefore);
    expect(await describeFolder(host)).toEqual(hostBefore);
    expect(borrowed.restore()).toBe("kept");
  });

  it.each(before)("leaves everything as it was when there is no room for it: %s", async (_, prepare) => {
    await prepare();
    const folder = join(inside, "..");
    const there = await describeFolder(folder);
    writeFileSync(path, "x".repeat(64 * 1024));
    const makeRoom = fillUp(image);
    expect(() => copyHostFile(root, path)).toThrow("ENOSPC");
    expect(await describeFolder(folder)).toEqual(there);
    makeRoom();
    const borrowed = copyHostFile(root, path);
    expect(lstatSync(inside).size).toBe(64 * 1024);
    expect(borrowed.restore()).toBe("restored");
    expect(await describeFolder(folder)).toEqual(there);
  });

  it("removes the folders that it has made when there is no room for the file", () => {
    rmSync(join(image, "tmp"), { recursive: true });
    writeFileSync(path, "x".repeat(64 * 1024));
    fillUp(image, 16 * 1024);
    expect(() => copyHostFile(root, path)).toThrow("ENOSPC");
    expect(root.exists("/tmp")).toBe(false);
  });

  it("can be asked again to put back what it could not: there was no room", () => {
    const own = "x".repeat(64 * 1024);
    writeFileSync(inside, own);
    const borrowed = copyHostFile(root, path);
    const folder = join(inside, "..");
    for (const name of readdirSync(folder)) if (name.startsWith(".outscale-chroot-")) rmSync(join(folder, name));
    const makeRoom = fillUp(image);
    expect(() => borrowed.restore()).toThrow("ENOSPC");
    makeRoom();
    expect(borrowed.restore()).toBe("restored");
    expect([readFileSync(inside, "utf8"), readdirSync(folder)]).toEqual([own, ["resolv.conf"]]);
  });

  it("can be asked again to put back what it could not: chattr was not there", async () => {
    writeFileSync(inside, "own\n");
    await run("chattr", ["+i", inside]);
    cleanup.add(() => run("chattr", ["-i", inside]));
    const folder = join(inside, "..");
    const there = await describeFolder(folder);
    const borrowed = copyHostFile(root, path);
    const mend = breakProgram("chattr");
    expect(() => borrowed.restore()).toThrow("is broken");
    mend();
    expect(borrowed.restore()).toBe("restored");
    expect(await describeFolder(folder)).toEqual(there);
  });

  const changes: [string, () => void, string | undefined][] = [
    ["written in place", () => writeFileSync(inside, "provisioned\n"), "provisioned\n"],
    [
      "replaced by rename",
      () => {
        writeFileSync(`${inside}.new`, "nameserver 192.0.2.1\n", { mode: 0o640 });
        renameSync(`${inside}.new`, inside);
      },
      "nameserver 192.0.2.1\n",
    ],
    ["removed", () => unlinkSync(inside), undefined],
    ["given another mode", () => chmodSync(inside, 0o644), "nameserver 192.0.2.1\n"],
  ];

  it.each(changes)("keeps what provisioning left: %s", (_, change, expected) => {
    writeFileSync(inside, "own\n");
    const borrowed = copyHostFile(root, path);
    change();
    expect(borrowed.restore()).toBe("kept");
    expect(readdirSync(join(inside, ".."))).toEqual(expected === undefined ? [] : ["resolv.conf"]);
    if (expected !== undefined) expect(readFileSync(inside, "utf8")).toBe(expected);
  });

  it.each([
    ["the lent file", () => run("chattr", ["+i", inside])],
    ["the lent file, to the end of which may be written", () => run("chattr", ["+a", inside])],
    ["its folder", () => run("chattr", ["+i", join(inside, "..")])],
    ["everything", () => run("chattr", ["-R", "+i", join(inside, "..")])],
  ])("puts back what provisioning has made immutable: %s", async (_what, forbid) => {
    const folder = join(inside, "..");
    cleanup.add(() => run("chattr", ["-R", "-f", "-ia", folder]).catch(() => undefined));
    writeFileSync(inside, "own\n");
    const borrowed = copyHostFile(root, path);
    await forbid();
    const flags = async () => (await run("lsattr", ["-d", folder])).stdout.split(" ")[0];
    const before = await flags();
    expect(borrowed.restore()).toBe("restored");
    expect(readFileSync(inside, "utf8")).toBe("own\n");
    expect(readdirSync(folder)).toEqual(["resolv.conf"]);
    expect(await flags()).toBe(before);
  });

  it.each([
    ["a file", () => writeFileSync(inside, "own\n", { mode: 0o604 })],
    ["a link", () => symlinkSync("../run/stub-resolv.conf", inside)],
  ])("makes anew what was put aside and provisioning has removed: %s", (_what, prepare) => {
    prepare();
    const describeOwn = () => {
      const { mode, uid, gid } = lstatSync(inside);
      return { mode, uid, gid, what: lstatSync(inside).isFile() ? readFileSync(inside, "utf8") : readlinkSync(inside) };
    };
    const before = describeOwn();
    const folder = join(inside, "..");
    const borrowed = copyHostFile(root, path);
    for (const name of readdirSync(folder)) if (name.startsWith(".outscale-chroot-")) rmSync(join(folder, name));
    expect(borrowed.restore()).toBe("restored");
    expect(describeOwn()).toEqual(before);
    expect(readdirSync(folder)).toEqual(["resolv.conf"]);
  });

  it.each(["@-1000000000", "@-1000000000.25", "@-0.000000001", "@0", "@4102444800.5"])(
    "gives its folder the time back that it had: %s",
    async (time) => {
      const folder = join(inside, "..");
      await run("touch", ["-d", time, folder]);
      const { mtimeNs } = lstatSync(folder, { bigint: true });
      expect(copyHostFile(root, path).restore()).toBe("restored");
      expect(lstatSync(folder, { bigint: true }).mtimeNs).toBe(mtimeNs);
    },
  );

  it("puts back after a mere touch, and leaves the folder's time to provisioning if it changed the folder", async () => {
    writeFileSync(inside, "own\n");
    // A file system may tell times in ticks of some milliseconds.
    await run("touch", ["-d", "@1000000000", join(inside, "..")]);
    const borrowed = copyHostFile(root, path);
    await run("touch", [inside]);
    writeFileSync(`${inside}.provisioned`, "");
    const { mtimeNs } = lstatSync(join(inside, ".."), { bigint: true });
    expect(borrowed.restore()).toBe("restored");
    expect(readFileSync(inside, "utf8")).toBe("own\n");
    expect(lstatSync(join(inside, ".."), { bigint: true }).mtimeNs).toBeGreaterThanOrEqual(mtimeNs);
  });

  it("makes missing folders, and removes them again unless provisioning used them", () => {
    rmSync(join(image, "tmp"), { recursive: true });
    copyHostFile(root, path).restore();
    expect(root.exists("/tmp")).toBe(false);
    const borrowed = copyHostFile(root, path);
    writeFileSync(join(image, "tmp/provisioned"), "");
    borrowed.restore();
    expect(readdirSync(join(image, "tmp"))).toEqual(["provisioned"]);
  });

  it("survives that provisioning removed the folder", () => {
    const borrowed = copyHostFile(root, path);
    rmSync(join(image, "tmp"), { recursive: true });
    expect(borrowed.restore()).toBe("kept");
  });

  it("goes through the image's links to folders, inside the image", async () => {
    const host = join(path, "..");
    const hostBefore = await describeFolder(host);
    rmSync(join(image, host), { recursive: true });
    symlinkSync(host, join(image, host));
    expect(() => copyHostFile(root, path)).toThrow(/link/);
    unlinkSync(join(image, host));
    mkdirSync(join(image, "real"));
    symlinkSync("/real", join(image, host));
    const borrowed = copyHostFile(root, path);
    expect(readdirSync(join(image, "real"))).toEqual(["resolv.conf"]);
    borrowed.restore();
    expect(await describeFolder(host)).toEqual(hostBefore);
  });

  it("names what is missing on the host or in the way in the image", () => {
    expect(() => copyHostFile(root, "/no/such/file")).toThrow('Cannot read "/no/such/file" of copy_files');
    mkdirSync(inside);
    expect(() => copyHostFile(root, path)).toThrow("There is a folder");
  });
});

describe("quietServices()", () => {
  beforeEach(() => makeBusyboxRoot(image));

  it("forbids services while it is there, and leaves no trace", async () => {
    const before = await describeFolder(join(image, "usr/sbin"));
    const borrowed = quietServices(root);
    await using sandbox = await startSandbox({ isolation: "host" });
    const { exitCode } = await sandbox.run(["chroot", image, "/usr/sbin/policy-rc.d", "x", "start"], {
      okExitCodes: [101],
    });
    expect(exitCode).toBe(101);
    for (const each of borrowed) each.restore();
    expect(await describeFolder(join(image, "usr/sbin"))).toEqual(before);
  });

  it("keeps a policy that provisioning wrote, and puts back the image's own", () => {
    const policy = join(image, "usr/sbin/policy-rc.d");
    writeFileSync(policy, "image's own");
    for (const each of quietServices(root)) each.restore();
    expect(readFileSync(policy, "utf8")).toBe("image's own");
    const borrowed = quietServices(root);
    writeFileSync(policy, "provisioned");
    for (const each of borrowed) each.restore();
    expect(readFileSync(policy, "utf8")).toBe("provisioned");
  });

  it("does nothing in an image without /usr/sbin, and tells systemctl by the environment", () => {
    rmSync(join(image, "usr"), { recursive: true });
    expect(quietServices(root)).toEqual([]);
    expect(quietEnvironment).toEqual({ SYSTEMD_OFFLINE: "1" });
  });
});

describe("returnLoan(), for a build that was killed", () => {
  /** Lends the file as a build does that dies then. */
  function lendAndDie(): LoanRecord {
    const loans: LoanRecord[] = [];
    copyHostFile(root, path, (loan) => loans.push(loan));
    const loan = loans.at(-1);
    if (loan === undefined) throw new Error("The loan was not written down");
    return loan;
  }
  const names = () => readdirSync(join(inside, ".."));

  it("puts back the very file, link or nothing", () => {
    for (const prepare of [
      () => undefined,
      () => writeFileSync(inside, "own\n", { mode: 0o604 }),
      () => symlinkSync("/run/resolv.conf", inside),
    ]) {
      rmSync(inside, { force: true });
      prepare();
      const there = lstatSync(inside, { throwIfNoEntry: false })?.ino;
      returnLoan(root, lendAndDie());
      expect([lstatSync(inside, { throwIfNoEntry: false })?.ino, names().length]).toEqual([there, there ? 1 : 0]);
    }
  });

  it("keeps what provisioning has written, and removes what was put aside", () => {
    writeFileSync(inside, "own\n");
    const loan = lendAndDie();
    writeFileSync(inside, "nameserver 203.0.113.1\n");
    returnLoan(root, loan);
    expect([readFileSync(inside, "utf8"), names().length]).toEqual(["nameserver 203.0.113.1\n", 1]);
  });

  it("does nothing for a loan that had not begun, and can be done twice", () => {
    writeFileSync(inside, "own\n");
    returnLoan(root, { path, aside: ".outscale-chroot-0123456789ab", sha256: "00", sizeBytes: 4 });
    const loan = lendAndDie();
    returnLoan(root, loan);
    returnLoan(root, loan);
    expect([readFileSync(inside, "utf8"), names().length]).toEqual(["own\n", 1]);
  });

  it("removes the folders that were made for it, and no others", () => {
    rmSync(join(image, "tmp"), { recursive: true });
    returnLoan(root, lendAndDie());
    expect(root.exists("/tmp")).toBe(false);
    mkdirSync(join(inside, ".."), { recursive: true });
    returnLoan(root, lendAndDie());
    expect(names()).toEqual([]);
  });

  it("makes immutable again what was, however far it had come", async () => {
    const flags = async () => (await run("lsattr", [inside])).stdout.split(" ")[0];
    writeFileSync(inside, "own\n");
    await run("chattr", ["+i", inside]);
    cleanup.add(() => run("chattr", ["-i", inside]));
    const before = await flags();
    const loan = lendAndDie();
    returnLoan(root, loan);
    expect([readFileSync(inside, "utf8"), names(), await flags()]).toEqual(["own\n", ["resolv.conf"], before]);
    // As it is before it is put aside, and again when a return was cut short.
    await run("chattr", ["-i", inside]);
    returnLoan(root, loan);
    expect(await flags()).toBe(before);
  });

  it("leaves alone what provisioning has put in the place of what was immutable", async () => {
    writeFileSync(inside, "own\n");
    await run("chattr", ["+i", inside]);
    const loan = lendAndDie();
    rmSync(inside);
    writeFileSync(inside, "provisioned\n");
    returnLoan(root, loan);
    expect((await run("lsattr", [inside])).stdout.split(" ")[0]).not.toContain("i");
  });

  it("puts back what was put aside when our file was not written any more", () => {
    writeFileSync(inside, "own\n");
    const loan = lendAndDie();
    unlinkSync(inside);
    returnLoan(root, loan);
    expect([readFileSync(inside, "utf8"), names().length]).toEqual(["own\n", 1]);
  });
});
