import { randomBytes } from "node:crypto";
import { rm, stat } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { RawConfig } from "../../src/definition/raw-value.ts";
import { templateHook } from "../../src/provisioners/hook.ts";
import { type Bakery, openBakery } from "../support/bake/bake.ts";
import { makeBusyboxRoot } from "../support/chroot/fixtures.ts";
import { findOnDisk } from "../support/disks/find-on-disk.ts";
import { writeSystem } from "../support/disks/loop-disk.ts";
import { importDisk, makeDisk } from "../support/disks/made-image.ts";
import { createWorkbench } from "../support/disks/workbench.ts";
import { define } from "../support/provisioners/provisioning.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms("busybox", "mkfs.ext4", "mkfs.xfs", "mkfs.btrfs");

/** As small as mkfs makes them. */
const SIZES_MIB = { ext4: 64, xfs: 300, btrfs: 128 };

describe("secrets on the product's disk", () => {
  let bakery: Bakery;
  const sources = new Map<string, string>();
  beforeAll(async () => {
    bakery = await openBakery("secrets-on-disk");
    const bench = await createWorkbench("secrets-on-disk-sources");
    for (const [type, sizeMib] of Object.entries(SIZES_MIB)) {
      const fill = async (folder: string) => {
        await makeBusyboxRoot(folder);
        await writeSystem(folder);
      };
      const device = await makeDisk(bench, { sizeMib, parts: [{ number: 0, type, fill }] });
      sources.set(type, await importDisk(bakery, bench, device, `source-${type}`));
    }
    await bench.dispose();
  });
  afterAll(() => bakery.close());
  afterEach(async () => {
    for (const image of (await bakery.leftovers()).images.filter((name) => name.endsWith(" secretive")))
      await bakery.api.deleteImage({ ImageId: image.split(" ")[0] ?? "" });
  });

  /** Bakes with shell provisioners. @returns the product's raw disk */
  async function bakeDisk(type: string, provisioners: readonly RawConfig[], config: RawConfig = {}): Promise<string> {
    const hook = templateHook({
      buildName: "test",
      buildType: "outscale-chroot",
      provisioners: provisioners.map((options) => define("shell", options)),
      errorCleanupProvisioner: undefined,
    });
    const own = { source_omi: sources.get(type) ?? "", omi_name: "secretive", boot_check: "off" };
    const polling = { min: "5ms", max: "50ms" };
    const { artifact } = await bakery.bake({ ...own, polling, ...config }, { hook });
    return bakery.export(artifact?.product.imageId ?? "");
  }

  /** Scripts are written out while they run, as those that take long are. */
  const withSecret = (secret: string): RawConfig => ({ inline: [`: ${secret}`, "sync", 'test "$TOKEN"'] });

  it.each(["ext4", "xfs", "btrfs"])("has no script of ours, on %s", async (type) => {
    const [inline, variable, scar] = [secretText(), secretText(), secretText()];
    const disk = await bakeDisk(type, [
      { ...withSecret(inline), env: { TOKEN: variable }, use_env_var_file: true },
      { inline: [`echo ${scar} > /scar`, "sync", "rm /scar", "sync"] },
    ]);
    // What a script itself writes and removes is in the freed blocks: the search can find something.
    expect(await findOnDisk(disk, [inline, variable, scar])).toEqual([scar]);
    await rm(disk);
  });

  it.each(["ext4", "xfs"])("has no script that was to lie in a place of the image, on %s", async (type) => {
    const secrets = [secretText(), secretText(), secretText()];
    const [path, folder, variable] = secrets;
    const disk = await bakeDisk(type, [
      { inline: [`: ${path}`, "sync"], remote_path: "/opt-script.sh" },
      { ...withSecret(folder ?? ""), remote_folder: "/var", env: { TOKEN: variable ?? "" }, use_env_var_file: true },
    ]);
    expect(await findOnDisk(disk, secrets)).toEqual([]);
    await rm(disk);
  });

  it.each(["ext4", "xfs", "btrfs"])("has nothing that was removed, with zero_free_space, on %s", async (type) => {
    const scars = [secretText(), secretText()];
    const leave = [`echo ${scars[0]} > /scar`, `for i in $(seq 500); do echo ${scars[1]}; done > /large`];
    const inline = [...leave, "sync", "rm /scar /large", "sync"];
    const disk = await bakeDisk(type, [{ inline }], { zero_free_space: true });
    expect(await findOnDisk(disk, scars)).toEqual([]);
    // The disk stays sparse.
    const { blocks, size } = await stat(disk);
    expect(blocks * 512).toBeLessThan((size * 3) / 4);
    await rm(disk);
  });

  it.each(["private", "host"])(
    "has none where /tmp is mounted over and noexec, with %s isolation",
    async (isolation) => {
      const secret = secretText();
      const inline = [`echo ${secret} > /tmp/x`, "rm -rf /tmp/*", 'test -x "$0"'];
      const disk = await bakeDisk("ext4", [{ inline, execute_command: "sh -c '{{.Path}}'" }], {
        isolation,
        mount_path: `${bakery.folder}/mnt/{{.Device}}`,
        post_mount_commands: ["mkdir -p {{.MountPath}}/tmp", "mount -t tmpfs -o noexec none {{.MountPath}}/tmp"],
      });
      expect(await findOnDisk(disk, [secret])).toEqual([]);
      await rm(disk);
    },
  );
});

/** A text that occurs nowhere else. */
function secretText(): string {
  return `secret-${randomBytes(16).toString("hex")}`;
}
