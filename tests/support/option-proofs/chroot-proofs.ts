import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import type { Hook } from "../../../src/builder/hook.ts";
import { findOnDisk } from "../disks/find-on-disk.ts";
import { readLedger } from "../suite/ledger.ts";
import type { OptionProof, ProofBench } from "./proof-bench.ts";

const dry = { skip_create_omi: true };

/** How the volume is linked, mounted and entered. */
export const chrootProofs: readonly OptionProof[] = [
  {
    options: ["device_path"],
    shows: "the volume is linked under that name",
    prove: async (bench) => {
      const { calls } = await bench.bake({ ...dry, device_path: "/dev/vdq" });
      expect(calls.of("LinkVolume")).toMatchObject([{ DeviceName: "/dev/xvdq" }]);
    },
  },
  {
    options: ["nvme_device_path"],
    shows: "a disk that was found elsewhere stops the build",
    prove: async (bench) => {
      const options = { nvme_device_path: "/dev/null", timeouts: { link: "5s" } };
      const { error } = await bench.bakeInVain(options);
      expect(error).toMatchObject({ step: "StepLinkVolume", message: expect.stringMatching(/in \d+ s.*\/dev\/null/) });
    },
  },
  {
    options: ["mount_partition"],
    shows: "another partition than the only one is not there",
    prove: async (bench) => {
      const { error } = await bench.bakeInVain({ mount_partition: "2" });
      expect(error).toMatchObject({ step: "StepMountDevice", message: expect.stringMatching(/partition 2/) });
      expect(await bench.look({ mount_partition: "1" }, "echo in")).toBe("in\n");
    },
  },
  {
    options: ["mount_path", "post_mount_commands"],
    shows: "the image is mounted there, where the commands write into it",
    prove: async (bench) => {
      const options = {
        mount_path: join(bench.bakery.folder, "at-{{.Device}}"),
        post_mount_commands: ["echo {{.MountPath}} > {{.MountPath}}/where", "echo {{.Device}} >> {{.MountPath}}/where"],
      };
      const [mountPath, device] = (await bench.look(options, "cat /where")).split("\n");
      expect(mountPath).toMatch(new RegExp(`^${bench.bakery.folder}/at-xvd[b-z]$`));
      expect(device).toMatch(/\/xvd[b-z]$/);
    },
  },
  {
    options: ["mount_options", "chroot_mounts"],
    shows: "the image sees its root with the options, and those mounts alone",
    prove: async (bench) => {
      const options = { mount_options: ["noatime", "nodiratime"], chroot_mounts: [["tmpfs", "mine", "/mnt"]] };
      let table: string[] = [];
      const hook = {
        provision: async ({ local, data }: Parameters<Hook["provision"]>[0]) => {
          const { stdout } = await local.run(["cat", "/proc/self/mounts"]);
          const inImage = stdout.split("\n").filter((line) => line.includes(` ${data.MountPath}`));
          // The build's own, for the time of its scripts.
          table = inImage.filter((line) => !line.includes("/.outscale-chroot-"));
        },
      };
      await bench.bake({ ...dry, ...options }, { hook });
      expect(table).toHaveLength(2);
      expect(table[0]).toMatch(/ ext4 \S*noatime/);
      expect(table[1]).toMatch(/^mine \S+\/mnt tmpfs /);
    },
  },
  {
    options: ["chroot_environment"],
    shows: "commands in the image have the variables",
    prove: async (bench) => {
      const look = (options: object) => bench.look({ ...options }, 'echo "[$FLAVOUR]"');
      expect([await look({}), await look({ chroot_environment: { FLAVOUR: "rye" } })]).toEqual(["[]\n", "[rye]\n"]);
    },
  },
  {
    options: ["chroot_capabilities"],
    shows: "root in the image may do more, such as mount",
    prove: async (bench) => {
      const look = (options: object) =>
        bench.look({ ...options }, "mount -t tmpfs none /tmp 2>/dev/null && echo mounted || echo refused");
      const wanted = { chroot_capabilities: ["cap_sys_admin"] };
      expect([await look({}), await look(wanted)]).toEqual(["refused\n", "mounted\n"]);
    },
  },
  {
    options: ["chroot_devices"],
    shows: "the image's /dev has them, or everything",
    prove: async (bench) => {
      const look = (chroot_devices: string[]) =>
        bench.look({ chroot_devices }, "ls -d /dev/loop-control /dev/kmsg 2>/dev/null; :");
      expect(await look([])).toBe("");
      expect(await look(["/dev/loop-control"])).toBe("/dev/loop-control\n");
      expect(await look(["/dev"])).toMatch(/^\/dev\/kmsg\n\/dev\/loop-control\n$/);
    },
  },
  {
    options: ["command_wrapper"],
    shows: "the shell lines run in it",
    prove: async (bench) => {
      const file = join(bench.bakery.folder, "wrapped");
      const pre_mount_commands = [`echo "[$WRAPPED]" > ${file}`];
      await bench.bake({ ...dry, pre_mount_commands });
      expect(await readFile(file, "utf8")).toBe("[]\n");
      await bench.bake({ ...dry, pre_mount_commands, command_wrapper: "WRAPPED=yes; {{.Command}}" });
      expect(await readFile(file, "utf8")).toBe("[yes]\n");
    },
  },
  {
    options: ["copy_files"],
    shows: "the image has them while it is provisioned",
    prove: async (bench) => {
      const file = join(bench.bakery.folder, "lent");
      await writeFile(file, "lent\n");
      const look = (options: object) => bench.look({ ...options }, `cat ${file} || echo none`);
      expect([await look({}), await look({ copy_files: [file] })]).toEqual(["none\n", "lent\n"]);
    },
  },
  {
    options: ["isolation"],
    shows: "the host sees the mounts, or does not",
    prove: async (bench) => {
      const seen = async (isolation: string) => {
        let mounts: readonly string[] = [];
        const provision = async () => {
          mounts = (await readLedger(bench.bakery.folder)).mounts;
        };
        await bench.bake({ ...dry, isolation, mount_path: mountPathIn(bench) }, { hook: { provision } });
        return mounts.length;
      };
      expect(await seen("private")).toBe(0);
      expect(await seen("host")).toBeGreaterThan(3);
    },
  },
  {
    options: ["zero_free_space"],
    shows: "a removed file is in the freed blocks, or is not",
    prove: async (bench) => {
      const scar = `removed-${process.pid}-${Date.now()}`;
      const look = async (zero_free_space: boolean) => {
        const provision: Hook["provision"] = async ({ communicator }) =>
          void (await communicator.start({ command: `echo ${scar} > /scar; sync; rm /scar; sync` }));
        const config = bench.config({ zero_free_space });
        const { artifact } = await bench.bakery.bake(config, { hook: { provision } });
        const disk = await bench.bakery.export(artifact?.product.imageId ?? "");
        const found = await findOnDisk(disk, [scar]);
        await rm(disk);
        await artifact?.destroy();
        return found;
      };
      expect([await look(false), await look(true)]).toEqual([[scar], []]);
    },
  },
  {
    options: ["quiet_services"],
    shows: "package scripts are kept from starting services, or are not",
    prove: async (bench) => {
      const look = (quiet_services: boolean) =>
        bench.look({ quiet_services }, 'echo "$SYSTEMD_OFFLINE $(ls /usr/sbin/policy-rc.d)"');
      expect([await look(true), await look(false)]).toEqual(["1 /usr/sbin/policy-rc.d\n", " \n"]);
    },
  },
];

function mountPathIn(bench: ProofBench): string {
  return join(bench.bakery.folder, "mnt/{{.Device}}");
}
