import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { hostRunner } from "../../../src/host/run-command.ts";
import { createWorkbench, type Workbench } from "../disks/workbench.ts";
import { startHolder } from "../program/holder.ts";
import { readLeftovers, type TestLeftovers } from "./ledger.ts";
import { requirePrograms } from "./requirements.ts";

const describe = requirePrograms("losetup", "mount", "mkfs.ext4", "unshare", "chroot", "busybox");
const clean: TestLeftovers = { loops: [], mounts: [], files: [], processes: [] };

// tests/leftovers.test.ts says that nothing is left: here is the proof that it would see what is.
describe("readLeftovers()", () => {
  let bench: Workbench;
  let folder: string;
  beforeEach(async () => {
    bench = await createWorkbench("ledger");
    folder = join(bench.folder, "run");
    await mkdir(folder);
  });
  afterEach(() => bench.dispose());

  it("sees a file, an attached loop device, and a mount of it, wherever that is", async () => {
    expect(await readLeftovers(folder)).toEqual(clean);
    const disk = join(folder, "disk.raw");
    await writeFile(disk, Buffer.alloc(4 * 1024 * 1024));
    await hostRunner().run(["mkfs.ext4", "-q", "-F", disk]);
    expect(await readLeftovers(folder)).toEqual({ ...clean, files: ["disk.raw"] });
    const device = await bench.attach(disk);
    const loops = [device.slice("/dev/".length)];
    expect(await readLeftovers(folder)).toEqual({ ...clean, files: ["disk.raw"], loops });
    const elsewhere = await bench.mount(device);
    const { mounts } = await readLeftovers(folder);
    expect(mounts).toEqual([expect.stringContaining(` ${elsewhere} `)]);
    await bench.unmount(elsewhere);
    await bench.detach(device);
    expect(await readLeftovers(folder)).toEqual({ ...clean, files: ["disk.raw"] });
  });

  it("sees a mount in the folder, whatever it is of", async () => {
    const host = hostRunner();
    await mkdir(join(folder, "mnt"));
    await host.run(["mount", "-t", "tmpfs", "tmpfs", join(folder, "mnt")]);
    expect(await readLeftovers(folder)).toMatchObject({ mounts: [expect.stringContaining(`${folder}/mnt`)] });
    await host.run(["umount", join(folder, "mnt")]);
  });

  it("sees a process by its temporary files, its working folder, its arguments and its root", async () => {
    await mkdir(join(folder, "bin"));
    await hostRunner().run(["cp", "/bin/busybox", join(folder, "bin/sh")]);
    const env = { PATH: process.env.PATH };
    const processes = [
      await startProcess("sh", ["-c", "echo up; read x"], { env: { ...env, TMPDIR: folder } }),
      await startProcess("sh", ["-c", "echo up; read x"], { env, cwd: folder }),
      await startProcess("sh", ["-c", "echo up; read x", folder], { env }),
      await startProcess("chroot", [folder, "/bin/sh", "-c", "echo up; read x"], { env }),
      await startProcess("unshare", ["--mount", "chroot", folder, "/bin/sh", "-c", "echo up; read x"], { env }),
    ];
    const found = (await readLeftovers(folder)).processes.map((line) => Number(line.split(" ")[0]));
    for (const { stop } of processes) await stop();
    expect(found.sort()).toEqual(processes.map(({ pid }) => pid).sort());
    expect((await readLeftovers(folder)).processes).toEqual([]);
  });

  it("does not see what others make beside the folder", async () => {
    const disk = await bench.addDisk(4);
    await hostRunner().run(["mkfs.ext4", "-q", "-F", disk]);
    await bench.mount(disk);
    const beside = await mkdtemp(join(tmpdir(), "beside-"));
    const stranger = await startHolder(`cd ${beside}; echo up; sleep 600`);
    expect(await readLeftovers(folder)).toEqual(clean);
    await stranger.stop();
    await rm(beside, { recursive: true });
  });
});

/** A process of our own making is a child of the worker, so it is none of the runner's. */
async function startProcess(
  program: string,
  argv: readonly string[],
  options: { readonly env: NodeJS.ProcessEnv; readonly cwd?: string },
): Promise<{ readonly pid: number | undefined; stop(): Promise<void> }> {
  const child = spawn(program, argv, { cwd: "/", ...options, stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "exit");
  await once(child.stdout, "data");
  return {
    pid: child.pid,
    stop: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
