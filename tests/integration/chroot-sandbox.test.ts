import { spawn } from "node:child_process";
import { closeSync, constants, existsSync, openSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { type Isolation, type Sandbox, startSandbox } from "../../src/chroot/sandbox.ts";
import { CancelledError } from "../../src/common/errors.ts";
import { type ProcessNode, readPidNamespace, readProcessTree, withDescendants } from "../../src/host/process-tree.ts";
import { signalProcess } from "../../src/host/signal-process.ts";
import {
  bundle,
  Cleanup,
  hostMountPoints,
  makeBusyboxRoot,
  makeExt4Device,
  run,
  tempFolder,
  until,
} from "../support/chroot/fixtures.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

async function start(isolation: Isolation, options: { dropMountPaths?: string[] } = {}): Promise<Sandbox> {
  const sandbox = await startSandbox({ isolation, ...options });
  cleanup.add(() => sandbox.stop());
  return sandbox;
}

/** Pids of the processes in a PID namespace, as the host has them. */
async function processesIn(namespace: string): Promise<string[]> {
  return (await readdir("/proc")).filter((name) => /^\d+$/.test(name) && readPidNamespace(Number(name)) === namespace);
}

function opensExclusively(device: string): boolean {
  try {
    closeSync(openSync(device, constants.O_RDONLY | constants.O_EXCL));
    return true;
  } catch {
    return false;
  }
}

const describe = requirePrograms("unshare", "nsenter", "losetup", "mkfs.ext4");

describe("startSandbox()", () => {
  it("keeps mounts to itself with private isolation, and shows them to us by hostPath()", async () => {
    const folder = await tempFolder(cleanup);
    const sandbox = await start("private");
    await sandbox.run(["mount", "-t", "tmpfs", "tmpfs", folder]);
    await sandbox.run(["touch", join(folder, "inside")]);
    expect(await readdir(sandbox.hostPath(folder))).toEqual(["inside"]);
    expect(await readdir(folder)).toEqual([]);
    expect(await hostMountPoints(folder)).toEqual([]);
    expect(await readFile(sandbox.mountinfoPath, "utf8")).toContain(folder);
  });

  it("shows its mounts to everybody with host isolation", async () => {
    const folder = await tempFolder(cleanup);
    const sandbox = await start("host");
    await sandbox.run(["mount", "-t", "tmpfs", "tmpfs", folder]);
    cleanup.add(() => run("umount", [folder]));
    expect(await hostMountPoints(folder)).toEqual([folder]);
  });

  it.each<Isolation>(["private", "host"])("has a PID namespace of its own with %s isolation", async (isolation) => {
    const sandbox = await start(isolation);
    const { stdout } = await sandbox.run(["readlink", "/proc/self/ns/pid"]);
    expect(stdout.trim()).toBe(readPidNamespace(sandbox.pid));
    expect(stdout.trim()).not.toBe(readPidNamespace(process.pid));
  });

  it("lets go at once of a host volume that was mounted before and is unmounted on the host", async () => {
    const device = await makeExt4Device(cleanup);
    const folder = await tempFolder(cleanup);
    await run("mount", [device, folder]);
    cleanup.add(async () => (await hostMountPoints(folder)).length > 0 && run("umount", [folder]));
    await start("private");
    await run("umount", [folder]);
    await until(() => opensExclusively(device));
  });

  it("lets go likewise where the host shares its mounts, as systemd has it", async () => {
    const device = await makeExt4Device(cleanup);
    const shared = await tempFolder(cleanup);
    await run("mount", ["--bind", "--make-shared", shared, shared]);
    cleanup.add(() => run("umount", ["--recursive", shared]));
    const folder = join(shared, "volume");
    await mkdir(folder);
    await run("mount", [device, folder]);
    const sandbox = await start("private");
    expect(await readFile(sandbox.mountinfoPath, "utf8")).toContain(folder);
    await run("umount", [folder]);
    await until(() => opensExclusively(device));
  });

  it("drops the mount paths of other runs, with what is mounted below them", async () => {
    const other = await tempFolder(cleanup);
    await run("mount", ["-t", "tmpfs", "tmpfs", other]);
    cleanup.add(() => run("umount", ["--recursive", other]));
    await mkdir(join(other, "proc"));
    await run("mount", ["-t", "proc", "proc", join(other, "proc")]);
    const sandbox = await start("private", { dropMountPaths: [other] });
    expect(await readFile(sandbox.mountinfoPath, "utf8")).not.toContain(other);
    expect(await hostMountPoints(other)).toEqual([other, join(other, "proc")]);
  });

  it("ends with its owner's SIGKILL: no process, no mount, a clean file system", async () => {
    const device = await makeExt4Device(cleanup);
    const folder = await tempFolder(cleanup);
    const script = await writeOwner(folder);
    const owner = spawn(process.execPath, [script, device, folder], { stdio: ["ignore", "pipe", "inherit"] });
    const namespace = await new Promise<string>((resolve) => owner.stdout.once("data", (chunk) => resolve(`${chunk}`)));
    expect((await processesIn(namespace)).length).toBeGreaterThan(2);
    expect(opensExclusively(device)).toBe(false);

    owner.kill("SIGKILL");
    await until(async () => (await processesIn(namespace)).length === 0);
    await until(() => opensExclusively(device));

    expect((await run("e2fsck", ["-fn", device])).stdout).not.toContain("recover");
    expect((await run("dumpe2fs", ["-h", device])).stdout).not.toContain("needs_recovery");
  });
});

describe("a sandbox whose owner is killed", () => {
  it.each<Isolation>(["private", "host"])(
    "ends, whatever is stopped in it and above it, isolation %s",
    async (isolation) => {
      const folder = await tempFolder(cleanup);
      await makeBusyboxRoot(join(folder, "image"));
      await mkdir(join(folder, "mnt"));
      cleanup.add(
        async () => (await hostMountPoints(folder)).length > 0 && run("umount", ["--recursive", join(folder, "mnt")]),
      );
      const script = await writeContainerOwner(folder);
      const owner = spawn(process.execPath, [script, folder, isolation], { stdio: ["ignore", "pipe", "inherit"] });
      const said = await new Promise<string>((resolve) => owner.stdout.once("data", (chunk) => resolve(`${chunk}`)));
      const namespaces = said.split(" ");
      for (const namespace of namespaces) expect((await processesIn(namespace)).length).toBeGreaterThan(1);

      const tree = readProcessTree();
      for (const pid of withDescendants(tree, [owner.pid ?? 0])) {
        const node = tree.get(pid);
        if (node && pid !== owner.pid) signalProcess(node, "SIGSTOP");
      }
      owner.kill("SIGKILL");
      for (const namespace of namespaces) await until(async () => (await processesIn(namespace)).length === 0);
      await until(() => ![...readProcessTree().values()].some((node) => isLeft(node, tree, owner.pid)));
    },
  );
});

/** Is this one of the processes that an owner had? */
function isLeft(node: ProcessNode, before: ReadonlyMap<number, ProcessNode>, owner: number | undefined): boolean {
  const known = before.get(node.pid);
  return known?.startedAt === node.startedAt && withDescendants(before, [owner ?? 0]).has(node.pid);
}

/** A program that has a container in which everything was told to stop, and a daemon that forks and exits without end. */
async function writeContainerOwner(folder: string): Promise<string> {
  await bundle({ sandbox: "src/chroot/sandbox.ts" }, join(folder, "bundle"));
  const script = join(folder, "owner.mjs");
  await writeFile(
    script,
    `import { readlinkSync } from "node:fs";
import { startSandbox } from ${JSON.stringify(join(folder, "bundle/sandbox.js"))};
const [folder, isolation] = process.argv.slice(2);
const sandbox = await startSandbox({ isolation });
await sandbox.run(["mount", "--bind", folder + "/image", folder + "/mnt"]);
const container = await sandbox.startContainer({ mountPath: folder + "/mnt" });
const run = async (line) => (await container.spawn(["-c", line])).exited;
await run("kill -STOP -1; true");
await run("(setsid sh -c 'd() { usleep 2000; (d &); }; d' >/dev/null 2>&1 &)");
void run("kill -STOP $$");
void sandbox.run(["sleep", "600"]);
const namespaceOf = (pid) => readlinkSync("/proc/" + pid + "/ns/pid");
process.stdout.write(namespaceOf(sandbox.pid) + " " + namespaceOf(container.pid));
`,
  );
  return script;
}

/** A program that mounts a device in a private sandbox, leaves a daemon there and stays. */
async function writeOwner(folder: string): Promise<string> {
  await bundle({ sandbox: "src/chroot/sandbox.ts" }, join(folder, "bundle"));
  await mkdir(join(folder, "mnt"));
  const script = join(folder, "owner.mjs");
  await writeFile(
    script,
    `import { readlinkSync } from "node:fs";
import { startSandbox } from ${JSON.stringify(join(folder, "bundle/sandbox.js"))};
const [device, folder] = process.argv.slice(2);
const sandbox = await startSandbox({ isolation: "private" });
await sandbox.run(["mount", device, folder + "/mnt"]);
await sandbox.run(["sh", "-c", "cd $0/mnt && echo written > file && (setsid sleep 600 > held 2>&1 &)", folder]);
void sandbox.run(["sleep", "600"]);
process.stdout.write(readlinkSync("/proc/" + sandbox.pid + "/ns/pid"));
`,
  );
  return script;
}

describe("Sandbox.spawn()", () => {
  it.each(["SIGTERM", "SIGKILL", "SIGSEGV"] as const)("reports that a command died of %s", async (signal) => {
    const sandbox = await start("private");
    const command = await sandbox.spawn(["sh", "-c", `kill -s ${signal.slice(3)} $$`]);
    expect(await command.exited).toEqual({ code: null, signal });
  });

  it("passes the exit code, the environment and the working folder", async () => {
    const folder = await tempFolder(cleanup);
    const sandbox = await start("private");
    const options = { cwd: folder, env: { PATH: "/usr/bin:/bin", A: "it's" }, okExitCodes: [7] };
    const result = await sandbox.run(["sh", "-c", 'pwd; echo "$A"; env | wc -l; exit 7'], options);
    expect(result.exitCode).toBe(7);
    // PATH, A and the shell's own PWD.
    expect(result.stdout).toBe(`${folder}\nit's\n3\n`);
  });

  it("names a missing program as such", async () => {
    const sandbox = await start("private");
    await expect(sandbox.run(["no-such-program"])).rejects.toMatchObject({ code: "E_MISSING_PROGRAM" });
  });

  it("kills what the command started too, daemons among them, when it is cancelled", async () => {
    const sandbox = await start("private");
    const cancel = new AbortController();
    const lines = "(setsid sh -c 'trap \"\" TERM; sleep 601' &); setsid sleep 602 & sleep 603 & echo up; wait";
    const running = sandbox.run(["sh", "-c", lines], {
      signal: cancel.signal,
      onStdout: () => cancel.abort(),
    });
    await expect(running).rejects.toThrow(CancelledError);
    expect(await sandbox.leftovers()).toEqual([]);
  });

  it("kills a command that has hardly begun", async () => {
    const sandbox = await start("private");
    for (let turns = 0; turns < 40; turns += 1) {
      const command = await sandbox.spawn(["sleep", "609"]);
      for (let turn = 0; turn < turns % 8; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      command.kill("SIGTERM");
      await command.exited;
      expect(await sandbox.leftovers()).toEqual([]);
    }
  });

  it("leaves alone what an earlier command left, when a later one is cancelled", async () => {
    const sandbox = await start("private");
    await sandbox.run(["sh", "-c", "(setsid sleep 604 > /dev/null 2>&1 &)"]);
    const later = await sandbox.spawn(["sleep", "605"]);
    await until(async () => (await sandbox.leftovers()).some(({ command }) => command === "sleep 605"));
    later.kill("SIGTERM");
    expect(await later.exited).toEqual({ code: null, signal: "SIGTERM" });
    expect((await sandbox.leftovers()).map(({ command }) => command)).toEqual([expect.stringContaining("sleep 604")]);
  });

  it("fails when the sandbox has ended", async () => {
    const sandbox = await start("private");
    await sandbox.stop();
    await expect(sandbox.spawn(["true"])).rejects.toMatchObject({ code: "E_SANDBOX" });
  });

  it("says what ended the sandbox when something else did", async () => {
    const sandbox = await start("private");
    process.kill(sandbox.pid, "SIGKILL");
    await until(async () => !existsSync(`/proc/${sandbox.pid}`));
    await expect(sandbox.spawn(["true"])).rejects.toMatchObject({
      message: `The sandbox has ended: its first process (pid ${sandbox.pid}) is gone`,
      hint: expect.stringContaining("dmesg"),
    });
  });
});

describe("Sandbox.stopLeftovers()", () => {
  it.each<Isolation>(["private", "host"])("ends and lists what commands left, with %s isolation", async (isolation) => {
    const sandbox = await start(isolation);
    await sandbox.run(["sh", "-c", "(setsid sleep 606 >/dev/null 2>&1 &)"]);
    await sandbox.run(["sh", "-c", "(setsid sh -c 'trap \"\" TERM; while :; do sleep 607; done' >/dev/null 2>&1 &)"]);
    const commands = async () => (await sandbox.leftovers()).map(({ command }) => command);
    await until(async () => (await commands()).some((command) => command === "sleep 607"));
    const stopped = await sandbox.stopLeftovers({ graceMs: 50 });
    expect(stopped.map(({ command }) => command)).toEqual(
      expect.arrayContaining([expect.stringContaining("sleep 606"), expect.stringContaining("trap")]),
    );
    for (const { pid } of stopped) expect(existsSync(`/proc/${pid}`)).toBe(false);
    expect(await sandbox.leftovers()).toEqual([]);
    expect((await sandbox.run(["echo", "still here"])).stdout).toBe("still here\n");
  });

  it("returns nothing when nothing was left", async () => {
    const sandbox = await start("private");
    await sandbox.run(["true"]);
    expect(await sandbox.stopLeftovers()).toEqual([]);
  });
});

describe("Sandbox.stop()", () => {
  it("lists what it ended, takes the private mounts down, and does nothing a second time", async () => {
    const device = await makeExt4Device(cleanup);
    const folder = await tempFolder(cleanup);
    const sandbox = await start("private");
    const namespace = readPidNamespace(sandbox.pid) as string;
    await sandbox.run(["mount", device, folder]);
    await sandbox.run(["sh", "-c", "cd $0 && (setsid sleep 608 >/dev/null 2>&1 &)", folder]);
    await until(async () => (await sandbox.leftovers()).every(({ command }) => command === "sleep 608"));
    expect((await sandbox.stop()).map(({ command }) => command)).toEqual([expect.stringContaining("sleep 608")]);
    expect(await processesIn(namespace)).toEqual([]);
    await until(() => opensExclusively(device));
    expect(await sandbox.stop()).toEqual([]);
  });

  it("reaps orphans meanwhile, and survives a kill of everything inside", async () => {
    const sandbox = await start("private");
    await sandbox.run(["sh", "-c", "(setsid true &); (setsid true &); kill -9 -1; true"]);
    const states = async () => (await sandbox.run(["ps", "-e", "-o", "stat="])).stdout;
    await until(async () => !(await states()).includes("Z"));
    expect((await sandbox.run(["echo", "alive"])).stdout).toBe("alive\n");
  });
});
