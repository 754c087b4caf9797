import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Clock } from "../common/clock.ts";
import { CancelledError, TimeoutError } from "../common/errors.ts";
import { findLinkedDevice, snapshotDevices } from "./find-device.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "find-device-"));
  await mkdir(join(root, "sys/block"), { recursive: true });
  await mkdir(join(root, "dev"));
});
afterEach(() => rm(root, { recursive: true }));

async function addDisk(name: string, sectors: number): Promise<void> {
  const folder = join(root, "sys/block", name);
  await mkdir(folder);
  await writeFile(join(folder, "dev"), "250:16\n");
  await writeFile(join(folder, "size"), `${sectors}\n`);
}

/** A clock whose time passes in sleeps alone. */
function fakeClock(): Clock {
  let now = 0;
  return {
    now: () => now,
    sleep: async (ms, signal) => {
      if (signal?.aborted) throw new CancelledError();
      now += ms;
    },
  };
}

const snapshot = () => snapshotDevices(join(root, "dev"), { sysfs: join(root, "sys") });

test("findLinkedDevice() gives up at its deadline and names everything it tried", async () => {
  const said: string[] = [];
  const before = await snapshot();
  const search = findLinkedDevice({
    deviceName: "/dev/xvdf",
    before,
    sizeBytes: 512,
    deadlineMs: 30_000,
    clock: fakeClock(),
    onWait: (message) => said.push(message),
  });
  await expect(search).rejects.toThrow(TimeoutError);
  await expect(search).rejects.toThrow(
    `tried ${root}/dev/xvdf, ${root}/dev/disk/by-id/scsi-0QEMU_QEMU_HARDDISK_sdf, the serial "sdf", a single new disk of 512 bytes`,
  );
  expect(said).toEqual(new Array(3).fill('Waiting for the device of "/dev/xvdf" to appear'));
});

test("findLinkedDevice() does not take a disk that was there before for its size", async () => {
  await addDisk("vdb", 1);
  const before = await snapshot();
  const search = findLinkedDevice({ deviceName: "/dev/xvdf", before, sizeBytes: 512, clock: fakeClock() });
  await expect(search).rejects.toThrow("No device of");
});

test("findLinkedDevice() looks only at nvme_device_path when it is given, without its p", async () => {
  await expect(
    findLinkedDevice({
      deviceName: "/dev/xvdf",
      before: await snapshot(),
      sizeBytes: 512,
      nvmeDevicePath: "/dev/nvme9n1p",
      clock: fakeClock(),
    }),
  ).rejects.toThrow(/tried \/dev\/nvme9n1$/);
});

test("findLinkedDevice() stops waiting when it is cancelled", async () => {
  const signal = AbortSignal.abort();
  const before = await snapshot();
  const search = findLinkedDevice({ deviceName: "/dev/xvdf", before, sizeBytes: 512, clock: fakeClock(), signal });
  await expect(search).rejects.toThrow(CancelledError);
});
