import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { hostRunner } from "../../src/host/run-command.ts";
import { detachLoopDevice, loopDevicesOf } from "../../src/local-cloud/disks/loop-devices.ts";
import { createWorkbench, type Workbench } from "../support/disks/workbench.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms("losetup", "mkfs.ext4", "mount");

describe("detachLoopDevice()", () => {
  let bench: Workbench;
  beforeEach(async () => {
    bench = await createWorkbench("loop-devices");
  });
  afterEach(() => bench.dispose());
  const run = async (argv: readonly string[]) => (await hostRunner().run(argv)).stdout;

  async function makeDisk(folder: string): Promise<string> {
    await mkdir(join(bench.folder, folder));
    const file = join(bench.folder, folder, "disk.raw");
    await writeFile(file, Buffer.alloc(4 * 1024 * 1024));
    return file;
  }

  it("leaves a device alone that is somebody else's by now", async () => {
    const [ours, theirs] = [await makeDisk("ours"), await makeDisk("theirs")];
    const device = await bench.attach(theirs);
    await detachLoopDevice(run, { device, file: ours });
    expect(loopDevicesOf(join(bench.folder, "theirs"))).toEqual([{ device, file: theirs }]);
  });

  it("does not let the device go to somebody else while it is detached", async () => {
    const [ours, theirs] = [await makeDisk("ours"), await makeDisk("theirs")];
    const device = execFileSync("losetup", ["--find", "--show", ours], { encoding: "utf8" }).trim();
    const detachThenTake = async (argv: readonly string[]) => {
      const output = await run(argv);
      await expect(run(["losetup", device, theirs])).rejects.toThrow(/busy/);
      return output;
    };
    await detachLoopDevice(detachThenTake, { device, file: ours });
    await expect.poll(() => loopDevicesOf(bench.folder)).toEqual([]);
  });

  it("takes a device that is in use away when its last user closes it", async () => {
    const file = await makeDisk("ours");
    await hostRunner().run(["mkfs.ext4", "-q", "-F", file]);
    const device = execFileSync("losetup", ["--find", "--show", file], { encoding: "utf8" }).trim();
    const folder = await bench.mount(device);
    await detachLoopDevice(run, { device, file });
    expect(loopDevicesOf(join(bench.folder, "ours"))).toEqual([{ device, file }]);
    await bench.unmount(folder);
    await expect.poll(() => loopDevicesOf(bench.folder)).toEqual([]);
  });
});
