import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { Hook } from "../../src/builder/hook.ts";
import { readMountinfo } from "../../src/host/mountinfo.ts";
import { type Bakery, nothing, openBakery, publicSource } from "../support/bake/bake.ts";
import { hurryingClock } from "../support/bake/hasty-clock.ts";
import { bundleCrashingBuild, runKilledBuild } from "../support/bake/killed-build.ts";
import { run } from "../support/chroot/fixtures.ts";
import { readLedger } from "../support/suite/ledger.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms("mount", "umount", "unshare", "nsenter");

// With `isolation = "host"` others of this machine see the mount path, and can mount there too.
describe("a build whose mounts this machine sees", () => {
  let bakery: Bakery;
  beforeAll(async () => {
    bakery = await openBakery("ownership");
  });
  afterAll(() => bakery.close());

  const strangers: string[] = [];
  afterEach(async () => {
    for (const place of strangers.splice(0)) await run("umount", [place]);
  });
  /** What a person does in a shell of his own. */
  const mountAsStranger = async (place: string, ...args: readonly string[]) => {
    await run("mount", [...(args.length > 0 ? args : ["-t", "tmpfs", "stranger"]), place]);
    strangers.push(place);
  };
  const sourcesAt = async (place: string) =>
    (await readMountinfo()).filter(({ mountPoint }) => mountPoint === place).map(({ source }) => source);

  /** For a clean-up: nothing that it waits for will come. */
  const hurried = () => {
    const clock = hurryingClock();
    clock.hurry();
    return clock;
  };

  const config = {
    ...publicSource,
    omi_name: "owned",
    isolation: "host",
    boot_check: "off",
    polling: { min: "5ms", max: "50ms" },
  };
  const seenPath = () => ({ mount_path: join(bakery.folder, "mnt/{{.Device}}") });

  /** How somebody else mounts something in the image, and what the mount table calls it. */
  const ways = {
    "in a folder of the image": { place: "/mnt", args: [], source: "stranger" },
    "over a mount of the build": { place: "/dev", args: [], source: "stranger" },
    "the same file system once more, over the build's own": {
      place: "/proc",
      args: ["-t", "proc", "proc"],
      source: "proc",
    },
    "over the whole image": { place: "", args: [], source: "stranger" },
  };
  it.each(Object.entries(ways))(
    "leaves alone and names what somebody else mounts %s",
    async (_way, { place, args, source }) => {
      let at = "";
      const clock = hurryingClock();
      const provision: Hook["provision"] = async ({ data }) => {
        at = `${data.MountPath}${place}`;
        await mountAsStranger(at, ...args);
        clock.hurry();
      };
      const failure = await bakery.bake({ ...config, ...seenPath() }, { hook: { provision }, clock }).then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(failure).toMatchObject({ code: "E_LEFTOVER" });
      expect(String(failure)).toContain(`somebody else has mounted there:\n  "${source}"`);
      expect((await sourcesAt(at)).at(-1)).toBe(source);
      expect(await bakery.leftovers()).toMatchObject({ images: [], volumes: [expect.anything()] });

      // The clean-up refuses too, and works once the mount is gone.
      await expect(bakery.cleanUp({ clock: hurried() })).rejects.toThrow("somebody else has mounted there");
      expect((await sourcesAt(at)).at(-1)).toBe(source);
      for (const mounted of strangers.splice(0)) await run("umount", [mounted]);
      expect(await bakery.cleanUp()).toMatchObject([{ outcome: "cleaned" }]);
      expect(await bakery.leftovers()).toEqual(nothing);
    },
  );

  it("leaves alone what somebody else mounts while a post-mount command runs", async () => {
    const commands = ["mkdir {{.MountPath}}/mnt/theirs", "read -r line < FIFO"];
    const fifo = join(bakery.folder, "fifo");
    await run("mkfifo", [fifo]);
    const post_mount_commands = commands.map((line) => line.replace("FIFO", fifo));
    const mountPath = join(bakery.folder, "fixed");
    const clock = hurryingClock();
    const building = bakery.bake({ ...config, mount_path: mountPath, post_mount_commands }, { clock }).then(
      () => undefined,
      (error: unknown) => error,
    );
    // Opening a pipe to write waits until somebody reads it: the command runs by then.
    const theirs = `${mountPath}/mnt/theirs`;
    strangers.push(theirs);
    await run("/bin/sh", ["-c", `exec 3> ${fifo}; mount -t tmpfs stranger ${theirs}; echo go >&3`]);
    clock.hurry();
    expect(String(await building)).toContain(`"stranger" (tmpfs) on "${theirs}"`);
    expect(await sourcesAt(theirs)).toEqual(["stranger"]);
    await run("umount", strangers.splice(0));
    await bakery.cleanUp();
    expect(await bakery.leftovers()).toEqual(nothing);
  });

  it("shows this machine what post-mount commands mount, and unmounts it at the end, however it is bound", async () => {
    const post_mount_commands = [
      "mkdir {{.MountPath}}/mnt/extra && mount -t tmpfs extra {{.MountPath}}/mnt/extra",
      "mount --rbind /dev {{.MountPath}}/dev && mount --make-rslave {{.MountPath}}/dev",
    ];
    let seen: readonly string[] = [];
    const provision: Hook["provision"] = async ({ data }) => {
      seen = await sourcesAt(`${data.MountPath}/mnt/extra`);
      expect(await readdir(`${data.MountPath}/dev`)).toContain("null");
    };
    const chroot_mounts = [["proc", "proc", "/proc"]];
    const { artifact } = await bakery.bake(
      { ...config, ...seenPath(), post_mount_commands, chroot_mounts },
      { hook: { provision } },
    );
    expect(seen).toEqual(["extra"]);
    await artifact?.destroy();
    expect(await bakery.leftovers()).toEqual(nothing);
  });

  it.each(["private", "host"])(
    "never shows this machine what a provisioner mounts and forgets (%s)",
    async (isolation) => {
      let seen: readonly string[] = [];
      const provision: Hook["provision"] = async ({ communicator, data }) => {
        await communicator.start({ command: "mkdir /mnt/forgotten && mount -t tmpfs forgotten /mnt/forgotten" });
        await communicator.start({ command: "echo later > /mnt/forgotten/file && mount -t tmpfs over /proc" });
        await communicator.start({ command: "test -s /mnt/forgotten/file && mount -t tmpfs etc /etc" });
        seen = (await readLedger(bakery.folder)).mounts.filter((line) => / - tmpfs (forgotten|over) /.test(line));
        if (isolation === "host") expect(await readdir(`${data.MountPath}/mnt/forgotten`)).toEqual([]);
      };
      const rights = { chroot_capabilities: ["SYS_ADMIN"] };
      const built = {
        ...config,
        ...seenPath(),
        ...rights,
        isolation,
        skip_create_omi: true,
        copy_files: ["/etc/hosts"],
      };
      const { ui } = await bakery.bake(built, { hook: { provision } });
      expect(seen).toEqual([]);
      expect(ui.of("warn")).toEqual([]); // it goes with the container
      // What is lent to the image is put back in the image, not in what was mounted over it.
      expect(ui.of("message").join("\n")).not.toContain("stays as provisioning left it");
      expect(await bakery.leftovers()).toEqual(nothing);
    },
  );

  it("is cleaned up after a kill without touching what somebody else has mounted since", async () => {
    const bundle = await bundleCrashingBuild(bakery.folder);
    const mountPath = join(bakery.folder, "killed");
    const crash = { config: { ...config, mount_path: mountPath, skip_create_omi: true }, kinds: ["command"] } as const;
    const points = Number(await runKilledBuild(bakery, bundle, { ...crash, point: 0 }));
    // The last command but few is in the image: everything is mounted, and the mounts outlive the build.
    let point = points;
    while (point > 0) {
      await runKilledBuild(bakery, bundle, { ...crash, point });
      if ((await sourcesAt(`${mountPath}/proc`)).length > 0) break;
      await bakery.cleanUp({ clock: hurried() });
      point--;
    }
    await mountAsStranger(`${mountPath}/mnt`);
    await expect(bakery.cleanUp({ clock: hurried() })).rejects.toThrow("somebody else has mounted there");
    expect(await sourcesAt(`${mountPath}/mnt`)).toEqual(["stranger"]);
    expect(await sourcesAt(`${mountPath}/proc`)).toEqual([]);
    await run("umount", strangers.splice(0));
    expect(await bakery.cleanUp()).toMatchObject([{ outcome: "cleaned" }]);
    expect(await bakery.leftovers()).toEqual(nothing);
  });
});
