import { once } from "node:events";
import { mkdir, readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import type { Hook, ProvisionInput } from "../../src/builder/hook.ts";
import { listProcesses } from "../../src/host/process-table.ts";
import { type Bakery, nothing, openBakery } from "../support/bake/bake.ts";
import { hurryingClock } from "../support/bake/hasty-clock.ts";
import { makeBusyboxRoot, until } from "../support/chroot/fixtures.ts";
import { writeSystem } from "../support/disks/loop-disk.ts";
import { checkFilesystem, importDisk, inspectProduct, makeDisk } from "../support/disks/made-image.ts";
import { createWorkbench, type Workbench } from "../support/disks/workbench.ts";
import { type Holder, startHolder, startMountHolder } from "../support/program/holder.ts";
import { readLedger, readProcessesOf } from "../support/suite/ledger.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms("perl", "busybox", "mkfs.ext4", "mkfs.xfs", "mkfs.btrfs", "xfs_logprint", "unshare");

/** mmap(2) has no name in Perl. */
const MMAP = process.arch === "arm64" ? 222 : 9;

/** Maps a file and closes it, so that nothing but the mapping holds it, and says so. */
const MAP_ONLY = `open F, "<", $ARGV[0]; my $at = syscall(${MMAP}, 0, 4096, 1, 2, fileno F, 0); close F; chdir "/";
  die "no mapping" if $at == -1; $| = 1; print "mapped\\n"; sleep $ARGV[1]`;

/** Seconds of which each sleeper of these tests is known; no other run of them on this machine has the same. */
const nap = (which: number) => process.pid * 10 + which;

/** What provisioners leave behind. Each is told by the seconds that it sleeps. */
const LEAVINGS: Readonly<Record<string, string>> = {
  "a background process": `sleep ${nap(1)} >/dev/null 2>&1 &`,
  "a working folder": `cd /var/lib && (setsid sleep ${nap(2)} >/dev/null 2>&1 &)`,
  "a nested tmpfs": "mkdir /var/nested && mount -t tmpfs none /var/nested && echo x > /var/nested/x",
};

describe("a build whose provisioning leaves things behind", () => {
  let bakery: Bakery;
  let bench: Workbench;
  const sources = new Map<string, string>();
  const holders: Holder[] = [];
  beforeAll(async () => {
    bakery = await openBakery("leftovers-build");
    bench = await createWorkbench("leftovers-disks");
    for (const type of ["ext4", "xfs", "btrfs"]) {
      const fill = async (folder: string) => {
        await makeBusyboxRoot(folder);
        await writeSystem(folder);
      };
      const device = await makeDisk(bench, { sizeMib: 512, parts: [{ number: 0, type, fill }] });
      sources.set(type, await importDisk(bakery, bench, device, `source-${type}`));
      await bench.detach(device);
    }
  });
  afterAll(async () => {
    await bench.dispose();
    await bakery.close();
  });

  let before: HostState;
  beforeEach(async () => {
    before = await readHost(bakery.folder);
  });
  afterEach(async () => {
    for (const holder of holders.splice(0)) await holder.stop();
    expect(await readHost(bakery.folder)).toEqual(before);
  });

  const configOf = (type: string, isolation: string) => ({
    source_omi: sources.get(type) ?? "",
    omi_name: `built-${type}-${isolation}`,
    isolation,
    // To mount, and to swap.
    chroot_capabilities: ["SYS_ADMIN"],
    mount_path: join(bakery.folder, "mnt"),
    boot_check: "off",
    polling: { min: "5ms", max: "50ms" },
  });

  const matrix = ["private", "host"].flatMap((isolation) => [
    ...["ext4", "xfs", "btrfs"].map((type) => ({ isolation, type })),
  ]);
  it.each(matrix)("ends clean and names them: $type, isolation = $isolation", async ({ type, isolation }) => {
    let mapper = 0;
    const provision: Hook["provision"] = async (input) => {
      // First: before a program of this machine runs, what the image has left is ended.
      mapper = await leaveMapping(input);
      for (const command of Object.values(LEAVINGS)) {
        expect(await input.communicator.start({ command })).toEqual({ code: 0, signal: null });
      }
      await leaveDaemonWithPipe(input);
    };
    const { artifact, ui } = await bakery.bake(configOf(type, isolation), { hook: { provision } });
    const [warning = "", ...others] = ui.of("warn").filter((line) => line.includes("left processes running"));
    expect(others).toEqual([]);
    for (const seconds of [1, 2, 3].map(nap))
      expect(warning).toMatch(new RegExp(`pid \\d+ \\([^)]*sleep ${seconds}\\)`));
    expect(warning).toContain(`pid ${mapper} (perl`);
    expect(await stillRunning("perl", nap(0))).toEqual([]);
    expect(await stillRunning("sleep", nap(1), nap(2), nap(3))).toEqual([]);

    await inspectProduct(bakery, bench, artifact, async (product) => {
      await checkFilesystem(type, product);
      const folder = await bench.mount(product, "ro");
      expect(await readdir(join(folder, "var/nested"))).toEqual([]);
    });
    await artifact?.destroy();
    expect(ownOf(await bakery.leftovers())).toEqual(nothing);
  });

  /** What somebody else on this machine may do at the mount path. The build must not touch any of it. */
  const strangers = {
    "a shell that stands in it": (at: string) => `cd ${at}/etc; echo up; exec sleep ${nap(5)}`,
    "an open file": (at: string) => `exec 7< ${at}/etc/os-release; echo up; exec sleep ${nap(5)}`,
    "a mapped file": (at: string) => `exec perl -e '${MAP_ONLY}' ${at}/etc/os-release ${nap(0)}`,
  };
  it.each(Object.entries(strangers))(
    "with isolation = host leaves %s alone, names it, and keeps the volume",
    async (_what, line) => {
      let stranger: Holder | undefined;
      const clock = hurryingClock();
      const provision: Hook["provision"] = async ({ data }) => {
        stranger = await startHolder(line(data.MountPath));
        holders.push(stranger);
        clock.hurry();
      };
      const failure = bakery.bake(configOf("ext4", "host"), { hook: { provision }, clock });
      await expect(failure).rejects.toMatchObject({ code: "E_LEFTOVER" });
      await expect(failure).rejects.toThrow(new RegExp(`held by:\\s*pid ${stranger?.pid} \\((sleep ${nap(5)}|perl)`));
      expect(process.kill(stranger?.pid ?? 0, 0)).toBe(true);
      expect(ownOf(await bakery.leftovers())).toMatchObject({
        violations: [],
        images: [],
        volumes: [expect.anything()],
      });

      await stranger?.stop();
      expect(await bakery.cleanUp()).toMatchObject([{ outcome: "cleaned" }]);
      expect(ownOf(await bakery.leftovers())).toEqual(nothing);
    },
  );

  it.each(["private", "host"])("turns a swap file off and says so, isolation = %s", async (isolation) => {
    const provision: Hook["provision"] = async ({ communicator }) => {
      const make = "dd if=/dev/zero of='/swap file' bs=4096 count=256 2>/dev/null; chmod 600 '/swap file'";
      await communicator.start({ command: `${make}; mkswap '/swap file' >/dev/null; swapon '/swap file'` });
    };
    const { artifact, ui } = await bakery.bake(configOf("ext4", isolation), { hook: { provision } });
    expect(ui.of("warn").join("\n")).toMatch(/left swap on, which was turned off: .*\/swap file/);
    await artifact?.destroy();
    expect(ownOf(await bakery.leftovers())).toEqual(nothing);
  });

  it.each(["private", "host"])("detaches a loop device over a file of the image, isolation = %s", async (isolation) => {
    const loops: string[] = [];
    const provision: Hook["provision"] = async ({ communicator, local, data }) => {
      const file = `${data.MountPath}/disk.img`;
      await local.run(["truncate", "--size=1M", file]);
      loops.push((await local.run(["losetup", "--find", "--show", file])).stdout.trim());
      await communicator.start({ command: "losetup -f /disk.img" });
    };
    // Everything that a provisioner can ask for.
    const config = { ...configOf("ext4", isolation), chroot_devices: ["/dev"] };
    const { artifact, ui } = await bakery.bake(config, { hook: { provision } });
    const warning = ui.of("warn").find((line) => line.includes("left loop devices, which were detached"));
    const named = warning?.match(/\/dev\/loop\d+(?= \(file [^)]*\/disk\.img\))/g);
    expect(named).toHaveLength(2);
    expect(named).toEqual(expect.arrayContaining(loops));
    await artifact?.destroy();
    expect(ownOf(await bakery.leftovers())).toEqual(nothing);
  });

  it("stops before it unlinks what another mount namespace holds, names who, and lets cleanup finish", async () => {
    let holder: Holder | undefined;
    const provision: Hook["provision"] = async () => {
      holder = await startMountHolder(bakery.folder, nap(4));
      holders.push(holder);
      clock.hurry();
    };
    const clock = hurryingClock();
    const sent = bakery.cloud.requests.length;
    // A folder of the user's, which stays: removing a mount point takes the mount off it in every namespace.
    const mountPath = join(bakery.folder, "kept");
    await mkdir(mountPath);
    const config = { ...configOf("ext4", "host"), mount_path: mountPath };
    const error = await bakery.bake(config, { hook: { provision }, clock }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: "E_LEFTOVER" });
    expect(String(error)).toMatch(
      new RegExp(`pid ${holder?.pid} \\(sleep ${nap(4)}\\): mounted on .*/kept.* in the mount namespace`),
    );
    const actions = bakery.cloud.requests.slice(sent).map(({ action }) => action);
    expect(actions).toContain("LinkVolume");
    for (const never of ["UnlinkVolume", "DeleteVolume", "CreateSnapshot"]) expect(actions).not.toContain(never);
    const kept = ownOf(await bakery.leftovers());
    expect(kept).toMatchObject({ violations: [], images: [], snapshots: [], mounts: [] });
    expect([kept.volumes.length, kept.journals.length]).toEqual([1, 1]);

    await holder?.stop();
    expect(await bakery.cleanUp()).toMatchObject([{ outcome: "cleaned" }]);
    expect(ownOf(await bakery.leftovers())).toEqual(nothing);
  });

  /** Without the sources, which stay for the next test. */
  function ownOf({ images, snapshots, ...rest }: Awaited<ReturnType<Bakery["leftovers"]>>) {
    const made = images.filter((line) => !/ source-/.test(line));
    return { ...rest, images: made, snapshots: snapshots.length === sources.size ? [] : snapshots };
  }
});

/** A process of the host's programs, whose root, working folder and open files are the host's. @returns its pid */
async function leaveMapping({ local, data }: ProvisionInput): Promise<number> {
  const child = await local.spawn(["perl", "-e", MAP_ONLY, `${data.MountPath}/etc/os-release`, `${nap(0)}`]);
  if (child.stdout) await once(child.stdout, "data");
  return (await stillRunning("perl", nap(0)))[0] ?? 0;
}

/** `start` returns at the command's exit and not at the pipe's end: the daemon holds it still. */
async function leaveDaemonWithPipe({ communicator }: ProvisionInput): Promise<void> {
  const stdout = new PassThrough().resume();
  await communicator.start({ command: `(setsid sleep ${nap(3)} &)`, stdout });
  await until(async () => (await stillRunning("sleep", nap(3))).length > 0);
  const [daemon] = await stillRunning("sleep", nap(3));
  expect(await readlink(`/proc/${daemon}/fd/1`)).toMatch(/outscale-chroot-pipes-.* \(deleted\)$/);
}

/** The processes of a program that sleep for some of our {@link nap}s; those that have only started them are no such. */
async function stillRunning(program: "sleep" | "perl", ...naps: readonly number[]): Promise<number[]> {
  const processes = await listProcesses();
  const read = async (pid: number) => {
    const words = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    return { pid, line: words.split("\0").join(" ").trim() };
  };
  const lines = await Promise.all(processes.map(({ pid }) => read(pid)));
  const isOurs = (line: string) => naps.some((seconds) => line.endsWith(` ${seconds}`));
  return lines.filter(({ line }) => line.startsWith(`${program} `) && isOurs(line)).map(({ pid }) => pid);
}

interface HostState {
  readonly mounts: readonly string[];
  readonly loops: readonly string[];
  readonly processes: readonly number[];
  readonly dev: readonly string[];
}

/** What of this machine a build could change. */
async function readHost(folder: string): Promise<HostState> {
  const [ledger, processes] = await Promise.all([readLedger(folder), readProcessesOf(folder)]);
  // The block devices come and go with the work of others.
  const entries = await readdir("/dev", { withFileTypes: true });
  const dev = entries.filter((entry) => entry.isCharacterDevice()).map(({ name }) => name);
  return { ...ledger, processes, dev: dev.sort() };
}
