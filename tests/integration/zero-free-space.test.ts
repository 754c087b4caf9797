import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { LeftoverError } from "../../src/common/errors.ts";
import { hostView } from "../../src/host/mount-view.ts";
import { hostRunner } from "../../src/host/run-command.ts";
import { zeroFreeSpace } from "../../src/host/zero-free-space.ts";
import { zeroXfsFreeSpace } from "../../src/host/zero-xfs-free-space.ts";
import { findOnDisk } from "../support/disks/find-on-disk.ts";
import { makeDisk } from "../support/disks/made-image.ts";
import { createWorkbench, type Workbench } from "../support/disks/workbench.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms("mkfs.ext4", "mkfs.btrfs", "mkfs.xfs", "xfs_db", "xfs_repair", "chattr");
const SIZES_MIB = { ext4: 64, btrfs: 128 };

let bench: Workbench;
beforeEach(async () => {
  bench = await createWorkbench("zero-free-space");
});
afterEach(() => bench.dispose());

const onWarning = (message: string) => expect.fail(message);

/** A machine whose disks take nothing back, as those of a cloud may not. */
const host = hostRunner();
const withoutTrim = {
  ...host,
  run: async (argv: readonly string[], options = {}) =>
    argv[0] === "fstrim" ? { stdout: "", stderr: "", exitCode: 1 } : host.run(argv, options),
};

describe("zeroFreeSpace()", () => {
  it.each(Object.entries(SIZES_MIB))(
    "overwrites what was removed also where the device takes nothing back, on %s",
    async (type, sizeMib) => {
      const scars = Array.from({ length: 50 }, () => `removed-${randomBytes(16).toString("hex")}`);
      const device = await makeDisk(bench, { sizeMib, parts: [{ number: 0, type }] });
      const folder = await bench.mount(device, ...(type === "btrfs" ? ["nodiscard"] : []));
      writeFileSync(join(folder, "large"), scars.map((scar) => `${scar}\n`.repeat(400)).join(""));
      writeFileSync(join(folder, "stays"), "stays");
      await host.run(["sync", "--file-system", folder]);
      rmSync(join(folder, "large"));
      await host.run(["sync", "--file-system", folder]);
      expect(await findOnDisk(device, scars)).toEqual(scars);
      // Zeros would be compressed away, and fill nothing.
      if (type === "btrfs") await host.run(["mount", "-o", "remount,compress-force=zlib", folder]);
      const signal = new AbortController().signal;
      const filesystems = await zeroFreeSpace(folder, {
        view: hostView(withoutTrim),
        devices: [device],
        signal,
        onWarning,
      });
      expect(filesystems.map(({ mountPoint }) => mountPoint)).toEqual([folder]);
      await bench.unmount(folder);
      const found = await findOnDisk(bench.fileOf(device), [...scars, "stays"]);
      expect(found.at(-1)).toBe("stays");
      // One block may describe the file of zeros itself, and ext4 leaves the rest of it as it was.
      expect(found.length).toBeLessThanOrEqual(type === "ext4" ? 2 : 1);
    },
  );

  it("leaves a file system alone that is not the volume's, although a folder of it is mounted in the image", async () => {
    const [own = "", foreign = ""] = await Promise.all(
      [0, 1].map(() => makeDisk(bench, { sizeMib: 64, parts: [{ number: 0, type: "ext4" }] })),
    );
    const [image, other] = [await bench.mount(own), await bench.mount(foreign)];
    const scars = [`removed-${randomBytes(16).toString("hex")}`];
    writeFileSync(join(other, "large"), `${scars[0]}\n`.repeat(400));
    await host.run(["sync", "--file-system", other]);
    rmSync(join(other, "large"));
    mkdirSync(join(other, "cache"));
    mkdirSync(join(image, "cache"));
    await host.run(["mount", "--bind", join(other, "cache"), join(image, "cache")]);
    const reserved = `/sys/fs/ext4/${basename(foreign)}/reserved_clusters`;
    const before = readFileSync(reserved, "utf8");
    expect(before).not.toBe("0\n");
    const signal = new AbortController().signal;
    const filesystems = await zeroFreeSpace(image, { view: hostView(withoutTrim), devices: [own], signal, onWarning });
    expect(filesystems.map(({ mountPoint }) => mountPoint)).toEqual([image]);
    expect(readFileSync(reserved, "utf8")).toBe(before);
    await bench.unmount(image);
    await bench.unmount(other);
    expect(await findOnDisk(bench.fileOf(foreign), scars)).toEqual(scars);
  });

  it("overwrites what was removed, in every free block of an xfs that is not mounted, and nothing else", async () => {
    const device = await makeDisk(bench, { sizeMib: 320, parts: [{ number: 0, type: "xfs" }] });
    const signal = new AbortController().signal;
    const lines = Array.from({ length: 400 }, () => `removed-${randomBytes(16).toString("hex")}`);
    const scars = lines.filter((_, index) => index % 2 === 0);
    const kept = lines.filter((_, index) => index % 2 === 1);
    // From the first to the last block, also those that the file system never gives to a file.
    const folder = await bench.mount(device);
    for (const [index, line] of lines.entries()) writeFileSync(join(folder, `${index}`), `${line}\n`.repeat(500));
    await host.run(["sync", "--file-system", folder]);
    for (const index of lines.keys()) if (index % 2 === 0) rmSync(join(folder, `${index}`));
    await expect(zeroXfsFreeSpace(host, device, signal)).rejects.toThrow(LeftoverError);
    await bench.unmount(folder);
    expect(await findOnDisk(device, scars)).toEqual(scars);

    expect(await zeroXfsFreeSpace(host, device, signal)).toBeGreaterThan(0);
    expect(await findOnDisk(device, scars)).toEqual([]);
    await host.run(["xfs_repair", "-n", device]);
    const again = await bench.mount(device);
    const left = readdirSync(again).map((name) => readFileSync(join(again, name), "utf8"));
    expect(left.sort()).toEqual(kept.map((line) => `${line}\n`.repeat(500)).sort());
    await bench.unmount(again);
    expect(await zeroXfsFreeSpace(host, device, signal)).toBe(0);
  });

  it("leaves a disk alone that xfs_db does not know", async () => {
    const device = await makeDisk(bench, { sizeMib: 320, parts: [{ number: 0, type: "ext4" }] });
    const before = createHash("sha256").update(readFileSync(device)).digest("hex");
    await expect(zeroXfsFreeSpace(host, device, new AbortController().signal)).rejects.toThrow(/xfs_db/);
    expect(createHash("sha256").update(readFileSync(device)).digest("hex")).toBe(before);
  });
});
