import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Hook } from "../../src/builder/hook.ts";
import { type Clock, systemClock } from "../../src/common/clock.ts";
import { type Bakery, nothing, openBakery } from "../support/bake/bake.ts";
import { hashFile } from "../support/suite/ledger.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms("parted", "mkfs.ext4", "losetup");

/** SHA-256 of a disk of 1 GiB on which nobody has written. */
const ZEROS_1_GIB = "49bc20df15e412a64472421e13fe86ff1c5165e18b2afccf160d4dc19fe68a14";
const LATE_MS = 10_000;
const SHORT_MS = 5;
const BY_ID = "disk/by-id/scsi-0QEMU_QEMU_HARDDISK_sdf";

/**
 * The clocks of a cloud whose device comes late, and of the build that waits for it. Their seconds take moments, and the
 * build's stand still from the device's moment until it is there: how long attaching really takes decides nothing.
 */
function lateClocks(deviceFolder: () => string): { readonly cloud: Clock; readonly build: Clock } {
  let skippedMs = 0;
  let dueAt = Number.POSITIVE_INFINITY;
  const now = () => Date.now() + skippedMs;
  const isDue = () => now() >= dueAt && !existsSync(join(deviceFolder(), BY_ID));
  const build: Clock = {
    now: () => (isDue() ? dueAt : now()),
    sleep: async (ms, signal) => {
      await systemClock.sleep(Math.min(ms, SHORT_MS), signal);
      if (!isDue()) skippedMs += Math.max(0, ms - SHORT_MS);
    },
  };
  const cloud: Clock = {
    now,
    sleep: async (ms, signal) => {
      if (ms !== LATE_MS) return systemClock.sleep(ms, signal);
      dueAt = now() + ms;
      while (now() < dueAt) await systemClock.sleep(SHORT_MS, signal);
    },
  };
  return { cloud, build };
}

describe("a build whose device comes 10 s late, with another disk of its size at once", () => {
  let bakery: Bakery;
  let deviceFolder = "";
  const clocks = lateClocks(() => deviceFolder);
  beforeAll(async () => {
    bakery = await openBakery("devices-build", { clock: clocks.cloud });
    deviceFolder = bakery.env.OUTSCALE_CHROOT_DEVICE_FOLDER ?? "";
  });
  afterAll(() => bakery.close());

  it("waits, formats the volume's own disk, and does not touch the other", async () => {
    bakery.cloud.faults.add({ kind: "decoy-device" });
    bakery.cloud.faults.add({ kind: "late-device", ms: LATE_MS });
    let decoyHash = "";
    const provision: Hook["provision"] = async ({ data }) => {
      const { devices } = bakery.cloud.status();
      decoyHash = await hashFile(devices.find(({ id }) => id === `decoy-${data.ID}`)?.device ?? "");
    };
    const config = {
      from_scratch: true,
      omi_name: "late",
      root_volume_size: 1,
      root_device_name: "/dev/sda1",
      omi_block_device_mappings: [{ device_name: "/dev/sda1", volume_type: "gp2" }],
      pre_mount_commands: ["parted --script {{.Device}} mklabel gpt mkpart root 1M 100%", "mkfs.ext4 -q {{.Device}}1"],
      boot_check: "off",
      quiet_services: false,
      polling: { min: "5ms", max: "50ms" },
    };
    const { artifact, ui } = await bakery.bake(config, { hook: { provision }, clock: clocks.build });
    expect(ui.of("message")).toContain('Waiting for the device of "/dev/xvdf" to appear');
    expect(ui.of("message")).toContainEqual(
      expect.stringMatching(/^Linked: \/dev\/xvdf is \/dev\/loop\d+ .*by (by-id|name)/),
    );
    expect(decoyHash).toBe(ZEROS_1_GIB);
    await artifact?.destroy();
    expect(await bakery.leftovers()).toEqual(nothing);
  });
});
