import { PassThrough } from "node:stream";
import { afterEach, expect, it } from "vitest";
import { ChrootCommunicator } from "../../src/chroot/chroot-communicator.ts";
import { type ImageMountHandle, mountInImage } from "../../src/chroot/image-mounts.ts";
import { describeLeftover } from "../../src/chroot/inhabitants.ts";
import { type Isolation, type Sandbox, startSandbox } from "../../src/chroot/sandbox.ts";
import { assertDeviceNotInUse } from "../../src/host/device-in-use.ts";
import { unmountBelow } from "../../src/host/mounts.ts";
import {
  Cleanup,
  hostMountPoints,
  makeBusyboxRoot,
  makeExt4Device,
  run,
  tempFolder,
} from "../support/chroot/fixtures.ts";
import { startMountHolder } from "../support/program/holder.ts";
import { untilRuns } from "../support/program/until-runs.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

interface Provisioned {
  readonly sandbox: Sandbox;
  readonly device: string;
  readonly mountPath: string;
  readonly mounts: readonly ImageMountHandle[];
  readonly communicator: ChrootCommunicator;
}

async function mountImage(isolation: Isolation): Promise<Provisioned> {
  const device = await makeExt4Device(cleanup);
  const mountPath = await tempFolder(cleanup);
  const sandbox = await startSandbox({ isolation });
  cleanup.add(() => sandbox.stop());
  await sandbox.run(["mount", device, mountPath]);
  cleanup.add(() => unmountBelow(mountPath, { view: sandbox.view }));
  await makeBusyboxRoot(sandbox.hostPath(mountPath));
  const image = { view: sandbox.view, mountPath };
  const mounts = [
    await mountInImage(image, { fsType: "proc", source: "proc", target: "/proc" }),
    await mountInImage(image, { fsType: "bind", source: "/dev", target: "/dev" }),
  ];
  const communicator = new ChrootCommunicator({ runner: sandbox, mountPath, rootPath: sandbox.hostPath(mountPath) });
  return { sandbox, device, mountPath, mounts, communicator };
}

/** What StepEarlyCleanup does. @returns the leftovers, as they are told */
async function takeDown({ sandbox, device, mountPath, mounts }: Provisioned): Promise<string[]> {
  const stopped = await sandbox.stopLeftovers({ graceMs: 200 });
  for (const mount of [...mounts].reverse()) await mount.release();
  await unmountBelow(mountPath, { view: sandbox.view });
  await assertDeviceNotInUse(device);
  return stopped.map(describeLeftover);
}

async function expectClean(device: string): Promise<void> {
  const { stdout } = await run("e2fsck", ["-fn", device]);
  expect(stdout).not.toMatch(/recover|error/i);
  expect((await run("dumpe2fs", ["-h", device])).stdout).not.toContain("needs_recovery");
}

const describe = requirePrograms("unshare", "nsenter", "losetup", "mkfs.ext4", "e2fsck", "dumpe2fs");

describe("what provisioning leaves behind", () => {
  const leavings: [string, string, RegExp][] = [
    ["a background process", `sleep 621 >/dev/null 2>&1 & ${untilRuns("sleep 621")}`, /^pid \d+ \(.*sleep 621.*\)$/],
    ["a working folder", `cd /var/lib && (setsid sleep 622 >/dev/null 2>&1 & ${untilRuns("sleep 622")})`, /sleep 622/],
    ["a process that refuses SIGTERM", "(trap '' TERM; while :; do sleep 623; done) >/dev/null 2>&1 &", /^pid/],
    ["a daemon that holds standard output", `(setsid sleep 624 & ${untilRuns("sleep 624")})`, /sleep 624/],
    ["a nested tmpfs", "mkdir /var/nested && mount -t tmpfs none /var/nested && echo x > /var/nested/x", /none/],
  ];

  for (const isolation of ["private", "host"] as const) {
    it.each(leavings)(`is ended and told, with ${isolation} isolation: %s`, async (what, command, expected) => {
      const image = await mountImage(isolation);
      const stdout = new PassThrough().resume();
      expect(await image.communicator.start({ command, stdout })).toEqual({ code: 0, signal: null });
      const told = await takeDown(image);
      if (what === "a nested tmpfs") expect(told).toEqual([]);
      else expect(told).toEqual(expect.arrayContaining([expect.stringMatching(expected)]));
      await expectClean(image.device);
      expect(await hostMountPoints(image.mountPath)).toEqual([]);
    });
  }

  it("is found when only a mapping holds the image: a program of it that runs outside its root", async () => {
    const image = await mountImage("private");
    const program = `${image.mountPath}/bin/busybox`;
    const command = `setsid "$0" sleep 625 >/dev/null 2>&1 & ${untilRuns("$0 sleep 625")}`;
    await image.sandbox.run(["sh", "-c", command, program]);
    expect(await takeDown(image)).toEqual([expect.stringContaining("sleep 625")]);
    await expectClean(image.device);
  });

  it("stops the build when a mount namespace of somebody else holds the image, and names it", async () => {
    const image = await mountImage("host");
    const holder = await startMountHolder(image.mountPath);
    cleanup.add(() => holder.stop());
    await image.sandbox.stopLeftovers();
    await unmountBelow(image.mountPath, { view: image.sandbox.view });
    const proof = assertDeviceNotInUse(image.device, { deadlineMs: 100 });
    await expect(proof).rejects.toMatchObject({
      code: "E_LEFTOVER",
      message: expect.stringMatching(new RegExp(`${holder.pid}.*sleep 600`, "s")),
    });
    await holder.stop();
    await assertDeviceNotInUse(image.device);
  });
});
