import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { basename, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { hostRunner } from "../../../src/host/run-command.ts";

/** A small Linux under QEMU, emulated in software: real drivers and hot-plugged disks, and nothing else. */
export interface Guest {
  /** Waits for a line on the console that begins with this, and gives the lines up to it, itself included. */
  until(prefix: string): Promise<string[]>;
  /** Plugs a device in while the guest runs, by QEMU's name and properties. */
  plug(driver: string, properties: Readonly<Record<string, string>>): Promise<void>;
  stop(): Promise<void>;
}

export interface GuestOptions {
  readonly folder: string;
  /** Kernel modules, loaded before the script runs. */
  readonly modules: readonly string[];
  /** What busybox's shell runs when the guest is up. */
  readonly script: string;
  /** More of QEMU's arguments. */
  readonly args: readonly string[];
  /** Programs of this machine that the guest has too, by their names, with the libraries that they need. */
  readonly programs?: readonly string[];
  /** More files of the guest, and the files of this machine that they are copies of. */
  readonly files?: Readonly<Record<string, string>>;
  /** 256 when absent. */
  readonly memoryMib?: number;
}

/** The Debian cloud kernel of this machine; `undefined` when it is not installed. */
export async function findCloudKernel(): Promise<{ readonly kernel: string; readonly release: string } | undefined> {
  const names = await readdir("/boot").catch(() => []);
  const kernel = names.find((name) => /^vmlinuz-.*-cloud-amd64$/.test(name));
  return kernel === undefined ? undefined : { kernel: join("/boot", kernel), release: kernel.slice("vmlinuz-".length) };
}

export async function startGuest(options: GuestOptions): Promise<Guest> {
  const found = await findCloudKernel();
  if (!found) throw new Error("There is no cloud kernel in /boot");
  const initrd = await makeInitrd(options, found.release);
  const control = join(options.folder, "qmp");
  const child = spawn(
    "qemu-system-x86_64",
    [
      ...[
        "-machine",
        "pc",
        "-accel",
        "tcg",
        "-cpu",
        "max",
        "-m",
        String(options.memoryMib ?? 256),
        "-nodefaults",
        "-no-reboot",
        "-display",
        "none",
      ],
      ...["-kernel", found.kernel, "-initrd", initrd, "-append", "console=ttyS0 quiet panic=-1", "-serial", "stdio"],
      ...["-qmp", `unix:${control},server=on,wait=off`, ...options.args],
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const lines = readLines(child);
  return { ...guestOf(child, control), until: lines.until };
}

function guestOf(child: ChildProcess, control: string): Pick<Guest, "plug" | "stop"> {
  let session: Promise<Session> | undefined;
  const execute = async (command: string, parameters: object) => {
    session ??= openSession(control);
    const { socket, answers } = await session;
    socket.write(`${JSON.stringify({ execute: command, arguments: parameters })}\n`);
    for (;;) {
      const line = await nextOf(answers);
      const answer: unknown = JSON.parse(line);
      // What else comes are events.
      if (typeof answer === "object" && answer !== null && "error" in answer) throw new Error(line);
      if (typeof answer === "object" && answer !== null && "return" in answer) return;
    }
  };
  return {
    plug: (driver, properties) => execute("device_add", { driver, ...properties }),
    stop: async () => {
      (await session)?.socket.destroy();
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}

interface Session {
  readonly socket: Socket;
  readonly answers: AsyncIterator<string>;
}

async function openSession(control: string): Promise<Session> {
  const socket = connect(control);
  const answers = createInterface({ input: socket })[Symbol.asyncIterator]();
  await nextOf(answers); // the greeting
  socket.write('{"execute":"qmp_capabilities"}\n');
  await nextOf(answers);
  return { socket, answers };
}

async function nextOf(answers: AsyncIterator<string>): Promise<string> {
  const { done, value } = await answers.next();
  if (done) throw new Error("QEMU answers no more");
  return value;
}

/** Lines are kept until somebody asks for them, so that none is missed. */
function readLines(child: ChildProcess) {
  const seen: string[] = [];
  let wake: () => void = () => undefined;
  let hasEnded = false;
  if (child.stdout) {
    createInterface({ input: child.stdout }).on("line", (line) => {
      seen.push(line.trimEnd());
      wake();
    });
  }
  child.once("exit", () => {
    hasEnded = true;
    wake();
  });
  const until = async (prefix: string): Promise<string[]> => {
    for (;;) {
      const at = seen.findIndex((line) => line.startsWith(prefix));
      if (at >= 0) return seen.splice(0, at + 1);
      if (hasEnded) throw new Error(`The guest ended without "${prefix}":\n${seen.join("\n")}`);
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return { until };
}

async function makeInitrd(options: GuestOptions, release: string): Promise<string> {
  const { folder, modules, script, programs = [], files = {} } = options;
  const root = join(folder, "initrd");
  for (const name of ["bin", "proc", "sys", "dev", "tmp"]) await mkdir(join(root, name), { recursive: true });
  await copyFile("/bin/busybox", join(root, "bin/busybox"));
  const paths = await findModules(modules, release);
  const needed = (await Promise.all(programs.map(findProgram))).flat();
  const copies = [...paths, ...needed].map((path): [string, string] => [path, path]);
  for (const [to, from] of [...copies, ...Object.entries(files)]) {
    await mkdir(join(root, dirname(to)), { recursive: true });
    await copyFile(from, join(root, to));
  }
  const init = [
    "#!/bin/busybox sh",
    "/bin/busybox --install -s /bin",
    "mount -t proc proc /proc; mount -t sysfs sysfs /sys; mount -t devtmpfs devtmpfs /dev",
    ...paths.map((path) => `insmod ${path}`),
    script,
    "poweroff -f",
  ];
  await writeFile(join(root, "init"), `${init.join("\n")}\n`);
  await chmod(join(root, "init"), 0o755);
  const image = join(folder, "initrd.cpio");
  await hostRunner().run(["/bin/sh", "-c", 'find . | busybox cpio -o -H newc > "$1"', "sh", image], { cwd: root });
  return image;
}

/** The files of a program: itself, its libraries, and the loader that they name. */
async function findProgram(name: string): Promise<string[]> {
  const host = hostRunner();
  const { stdout } = await host.run(["/bin/sh", "-c", 'command -v "$0"', name]);
  const path = stdout.trim();
  const libraries = (await host.run(["ldd", path])).stdout.matchAll(/(\/\S+) \(0x/g);
  return [path, ...[...libraries].flatMap(([, library]) => library ?? [])];
}

/** The files of modules with what they depend on, in the order in which they can be loaded. */
async function findModules(modules: readonly string[], release: string): Promise<string[]> {
  const folder = join("/lib/modules", release);
  const lines = (await readFile(join(folder, "modules.dep"), "utf8")).split("\n");
  const needed = new Map(lines.map((line) => [line.split(":")[0] ?? "", line.split(/:? /).slice(1)]));
  const order: string[] = [];
  const add = (path: string) => {
    for (const dependency of needed.get(path) ?? []) add(dependency);
    if (!order.includes(path)) order.push(path);
  };
  for (const name of modules) {
    const path = [...needed.keys()].find((each) => basename(each).replace(/\.ko.*$/, "") === name);
    if (path) add(path); // else it is built in
  }
  return order.map((path) => join(folder, path));
}
