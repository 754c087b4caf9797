import { lstatSync, mkdirSync, readdirSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough, Writable } from "node:stream";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ChrootCommunicator } from "../../src/chroot/chroot-communicator.ts";
import { TimeoutError } from "../../src/common/errors.ts";
import { type CommandRunner, hostRunner } from "../../src/host/run-command.ts";
import { run } from "../support/chroot/fixtures.ts";
import { makeDisk } from "../support/disks/made-image.ts";
import { createWorkbench, type Workbench } from "../support/disks/workbench.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;
const describe = requirePrograms("mkfs.ext4", "mkfs.btrfs", "cp", "setpriv");

let bench: Workbench;
/** A folder of the host. */
let local: string;
beforeEach(async () => {
  bench = await createWorkbench("transfers");
  local = join(bench.folder, "local");
  mkdirSync(local);
});
afterEach(() => bench.dispose());

/** An image of 64 MiB, or of another size. */
async function makeImage(type = "ext4", sizeMib = 64): Promise<string> {
  return bench.mount(await makeDisk(bench, { sizeMib, parts: [{ number: 0, type }] }));
}

const communicate = (mountPath: string, runner: CommandRunner = hostRunner()) =>
  new ChrootCommunicator({ runner, mountPath });

const writtenBytes = (path: string) => lstatSync(path).blocks * 512;

/** A signal that fires as soon as a file is there. */
function whenThere(path: string): AbortSignal {
  const stop = new AbortController();
  const timer = setInterval(() => {
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return;
    clearInterval(timer);
    stop.abort(new TimeoutError("late"));
  }, 5);
  return stop.signal;
}

describe("a file with holes", () => {
  it("keeps them on its way out of an image of 64 MiB, alone and in a folder, and on its way in", async () => {
    const image = await makeImage();
    mkdirSync(join(image, "folder"));
    for (const name of ["sparse", "folder/sparse"]) {
      writeFileSync(join(image, name), "start");
      truncateSync(join(image, name), 40 * GIB);
    }
    const communicator = communicate(image);
    await communicator.downloadFile("/sparse", join(local, "alone"));
    await communicator.downloadDir("/folder/", join(local, "folder"));
    await communicator.uploadFile("/back", join(local, "alone"));
    for (const path of [join(local, "alone"), join(local, "folder/sparse"), join(image, "back")]) {
      expect([path, statSync(path).size, writtenBytes(path) < MIB]).toEqual([path, 40 * GIB, true]);
    }
  });

  it("is refused as a stream before its zeros are more than the image holds", async () => {
    const image = await makeImage();
    writeFileSync(join(image, "sparse"), "");
    truncateSync(join(image, "sparse"), 40 * GIB);
    let passed = 0;
    const content = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        passed += chunk.length;
        done();
      },
    });
    await expect(communicate(image).download("/sparse", content)).rejects.toThrow("more than the image's file system");
    expect(passed).toBeLessThanOrEqual(64 * MIB);
  });
});

describe("a download", () => {
  it("writes no more than the image holds, however often blocks are shared, unless it is asked to", async () => {
    const image = await makeImage("btrfs", 128);
    mkdirSync(join(image, "many"));
    writeFileSync(join(image, "many/0"), Buffer.alloc(20 * MIB, "x"));
    for (let copy = 1; copy < 10; copy++)
      await run("cp", ["--reflink=always", join(image, "many/0"), join(image, `many/${copy}`)]);
    const communicator = communicate(image);
    const refused = communicator.downloadDir("/many/", join(local, "many"));
    await expect(refused).rejects.toThrow(
      "before it writes more than 128 MiB, more than the image's file system holds",
    );
    const written = readdirSync(join(local, "many")).map((name) => writtenBytes(join(local, "many", name)));
    expect(written.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(128 * MIB);
    const share = {};
    await communicator.downloadDir("/many/", join(local, "half"), { exclude: ["[4-9]"], share });
    await communicator.downloadFile("/many/4", join(local, "4"), { share });
    const beyond = communicator
      .downloadFile("/many/5", join(local, "5"), { share })
      .then(() => communicator.downloadFile("/many/6", join(local, "6"), { share }));
    await expect(beyond).rejects.toThrow("before it writes more than 128 MiB");
    await communicator.downloadDir("/many/", join(local, "all"), { limitBytes: GIB });
    expect(readdirSync(join(local, "all")).length).toBe(10);
    await expect(communicator.downloadFile("/many/0", join(local, "one"), { limitBytes: 10 * MIB })).rejects.toThrow(
      "before it writes more than 10 MiB, as much as was allowed",
    );
  });
});

describe("a transfer that is stopped", () => {
  /** Stands still when it has been given a chunk, as a full pipe does. */
  const stuck = () => new Writable({ write: () => undefined });

  it("ends although nobody takes or gives the stream", async () => {
    const image = await makeImage();
    writeFileSync(join(image, "file"), Buffer.alloc(MIB));
    const stop = new AbortController();
    const communicator = communicate(image);
    const transfers = [
      communicator.download("/file", stuck(), { signal: stop.signal }),
      communicator.upload("/up", new PassThrough(), { signal: stop.signal }),
    ];
    stop.abort(new TimeoutError("late"));
    const reason = new TimeoutError("late");
    expect(await Promise.allSettled(transfers)).toEqual([
      { status: "rejected", reason },
      { status: "rejected", reason },
    ]);
  });

  it("ends in the middle of a large file, and so does its program", async () => {
    await run("dd", ["if=/dev/zero", `of=${join(local, "large")}`, "bs=1M", "count=1024", "status=none"]);
    const image = await makeImage("ext4", 2048);
    mkdirSync(join(image, "down"));
    const communicator = communicate(image);
    const stop = (name: string) => ({ signal: whenThere(join(image, name)) });
    await expect(communicator.uploadFile("/one", join(local, "large"), stop("one"))).rejects.toThrow("late");
    await expect(communicator.uploadDir("/tree", `${local}/`, stop("tree/large"))).rejects.toThrow("late");
    // Nothing holds the image any longer.
    await bench.unmount(image);
  });
});
