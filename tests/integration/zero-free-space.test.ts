import { randomBytes } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { hostView } from "../../src/host/mount-view.ts";
import { hostRunner } from "../../src/host/run-command.ts";
import { zeroFreeSpace } from "../../src/host/zero-free-space.ts";
import { findOnDisk } from "../support/disks/find-on-disk.ts";
import { makeDisk } from "../support/disks/made-image.ts";
import { createWorkbench, type Workbench } from "../support/disks/workbench.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms("mkfs.ext4", "mkfs.btrfs", "chattr");
// Not xfs: room that it keeps for its own metadata is in reach of no file, and only fstrim clears it.
const SIZES_MIB = { ext4: 64, btrfs: 128 };

let bench: Workbench;
beforeEach(async () => {
  bench = await createWorkbench("zero-free-space");
});
afterEach(() => bench.dispose());

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
      expect(await zeroFreeSpace(folder, { view: hostView(withoutTrim), signal })).toEqual([folder]);
      await bench.unmount(folder);
      const found = await findOnDisk(bench.fileOf(device), [...scars, "stays"]);
      expect(found.at(-1)).toBe("stays");
      // One block may describe the file of zeros itself, and ext4 leaves the rest of it as it was.
      expect(found.length).toBeLessThanOrEqual(type === "ext4" ? 2 : 1);
    },
  );
});
