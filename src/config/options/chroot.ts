import { z } from "zod";
import { parseCapability } from "../../common/capabilities.ts";
import { DEFAULT_MOUNT_ROOT } from "../mount-root.ts";
import { option, pattern } from "../option.ts";

const chrootMount = z
  .tuple([z.string().min(1, "must not be empty"), z.string().min(1, "must not be empty"), z.string()])
  .transform(([fsType, source, target]) => ({ fsType, source, target }));

const capability = z.string().transform((text, context) => {
  const name = parseCapability(text);
  if (name !== undefined) return name;
  context.addIssue({ code: "custom", message: `is no capability of Linux: "${text}"` });
  return z.NEVER;
});

/** How the volume is linked, mounted and entered. */
export const chrootOptions = {
  device_path: option(
    pattern(/^\/dev\/(sd|xvd|vd)[b-z][a-z]?$/, 'a device name from "/dev/xvdb" to "/dev/xvdzz"').optional(),
    {
      about:
        "The device name to link the volume under (`/dev/vdX` is taken as `/dev/xvdX`). " +
        "Where it then shows up on this VM is found by the disk's identity, whatever its name.",
      example: '"/dev/xvdf"',
      defaultText: "a free one",
    },
  ),
  nvme_device_path: option(pattern(/^\/dev\/./, "a path below /dev").optional(), {
    about:
      "The disk's path on this VM. Never needed, since the disk is found by its identity; when given, it must be " +
      "the disk that was linked, or the build stops. A `p` at its end is ignored.",
    example: '"/dev/nvme1n1"',
    defaultText: "found",
  }),
  mount_partition: option(
    pattern(/^\d{1,3}$/, "a partition's number, or 0 for the whole device")
      .transform(Number)
      .optional(),
    {
      about: "The number of the partition that holds `/`; `0` when the file system is on the whole device.",
      example: '"1"',
      defaultText: "found: the partition that is the root of an operating system",
    },
  ),
  mount_path: option(z.string().default(`${DEFAULT_MOUNT_ROOT}/{{.Device}}`), {
    about: "Where the image is mounted; `{{.Device}}` is the device's name without its folder.",
    example: '"/mnt/bake/{{.Device}}"',
    lateFields: ["Device"],
  }),
  mount_options: option(z.array(z.string().min(1, "must not be empty")).default([]), {
    about: "Options of `mount` for the root file system. What it needs anyway (`nouuid` for a clone) is added.",
    example: '["noatime"]',
  }),
  pre_mount_commands: option(z.array(z.string()).default([]), {
    about:
      "Shell lines to run on this VM once the volume is linked, before it is mounted; `{{.Device}}` is the disk, and " +
      "`{{.Device}}1` its first partition under every kernel name.",
    example: '["mkfs.ext4 {{.Device}}1"]',
    required: "with `from_scratch`",
    lateFields: ["Device"],
  }),
  post_mount_commands: option(z.array(z.string()).default([]), {
    about: "Shell lines to run on this VM once the image is mounted, before `chroot_mounts` and `copy_files`.",
    example: '["debootstrap bookworm {{.MountPath}}"]',
    lateFields: ["Device", "MountPath"],
  }),
  chroot_mounts: option(z.array(chrootMount).default([]), {
    about: "What is mounted inside the image, in this order: `[file system type or bind, source, target]`.",
    example: '[["proc", "proc", "/proc"], ["bind", "/dev", "/dev"]]',
    defaultText:
      "`/proc`, `/sys`, `/dev` (bind), `/dev/pts`, and `/proc/sys/fs/binfmt_misc` where this VM's kernel has it",
  }),
  chroot_environment: option(z.record(z.string(), z.string()).default({}), {
    about: "Variables for everything that runs inside the image, added to a clean environment.",
    example: '{ DEBIAN_FRONTEND = "noninteractive" }',
  }),
  chroot_capabilities: option(z.array(capability).default([]), {
    about:
      "Rights of root that provisioners have in the image besides those that installers use, such as `SYS_ADMIN` to mount. " +
      "With it or `SYS_PTRACE` what runs in the image can reach this VM.",
    example: '["SYS_ADMIN"]',
  }),
  chroot_devices: option(
    z.array(pattern(/^\/dev(\/(?!\.\.?(\/|$))[^/]+)*$/, '"/dev" or a path below it without ".."')).default([]),
    {
      about:
        "Devices of this VM that the image's `/dev` has besides `null`, `zero`, `full`, `random`, `urandom`, `tty`, terminals " +
        "and the volume itself; `/dev` stands for all of them.",
      example: '["/dev/kvm"]',
    },
  ),
  command_wrapper: option(z.string().default("{{.Command}}"), {
    about: "How shell lines of the template are run on this VM; `{{.Command}}` is the line.",
    example: '"nice -n 10 {{.Command}}"',
    lateFields: ["Command"],
  }),
  copy_files: option(z.array(pattern(/^\//, "an absolute path")).optional(), {
    about: "Files of this VM that are in the image while it is provisioned, and put back as they were afterwards.",
    example: '["/etc/resolv.conf", "/etc/hosts"]',
    defaultText: '`["/etc/resolv.conf"]`; `[]` with `from_scratch`',
  }),
  isolation: option(z.enum(["private", "host"]).optional(), {
    about:
      "`private`: nobody but the build sees the image. `host`: this VM sees it at the mount path, which Packer's own " +
      "provisioners need; what provisioners mount in it is not seen. Processes are isolated either way.",
    example: '"host"',
    defaultText: "`private`; `host` behind Packer",
  }),
  zero_free_space: option(z.boolean().default(false), {
    about:
      "Overwrites the free space of the image's ext4, xfs and btrfs file systems with zeros, and gives it back where the device takes it (`fstrim`), before the snapshot is taken: what was removed is not to be found in the OMI, and snapshots need less room. It writes as much as is free, once. What is mounted in the image from elsewhere is left alone. The free blocks of xfs are overwritten once it is unmounted, with `xfs_db` (Debian package `xfsprogs`). On a device that takes nothing back, remains may stay in the metadata of btrfs and ext4, and without `xfs_db` in the room that xfs keeps for its own.",
    example: "true",
  }),
  quiet_services: option(z.boolean().default(true), {
    about: "Keeps package scripts from starting services inside the image while it is provisioned.",
    example: "false",
  }),
} as const;
