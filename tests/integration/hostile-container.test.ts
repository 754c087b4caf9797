import { existsSync, readFileSync } from "node:fs";
import { mkdir, readdir, readFile, readlink, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Writable } from "node:stream";
import { afterEach, expect, describe as group, it } from "vitest";
import { ChrootCommunicator } from "../../src/chroot/chroot-communicator.ts";
import { CONTAINER_CAPABILITIES } from "../../src/chroot/container-rights.ts";
import type { Isolation } from "../../src/chroot/sandbox.ts";
import { capabilityNumber } from "../../src/common/capabilities.ts";
import { Cleanup, makeExt4Device, until } from "../support/chroot/fixtures.ts";
import {
  bindHostPrograms,
  type ImageOptions,
  makeRootOfHostPrograms,
  type ProvisionedImage,
  provisionedImage,
} from "../support/provisioners/provisioned-image.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms("unshare", "nsenter", "capsh", "perl", "losetup", "mkfs.ext4");
const cleanup = new Cleanup();
afterEach(() => cleanup.run());

/** It has no name in Perl. @see open_by_handle_at(2) */
const OPEN_BY_HANDLE_AT = process.arch === "arm64" ? 265 : 304;

const ISOLATIONS = ["private", "host"] as const;

async function open(options: ImageOptions = {}): Promise<ProvisionedImage> {
  const image = await provisionedImage(makeRootOfHostPrograms, { mount: bindHostPrograms, ...options });
  cleanup.add(() => image[Symbol.asyncDispose]());
  await writeFile(join(image.folder, "canary"), "a file of this machine\n");
  return image;
}

/** What a command in the image says. */
async function say(communicator: Pick<ChrootCommunicator, "start">, command: string, env = {}): Promise<string> {
  let text = "";
  const out = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString("utf8");
      done();
    },
  });
  await communicator.start({ command, stdout: out, stderr: out, env, okExitCodes: "any" });
  return text;
}

/** How commands ran before they had a container: in the sandbox itself. */
function byChroot({ sandbox, mountPath }: ProvisionedImage): ChrootCommunicator {
  return new ChrootCommunicator({ runner: sandbox, mountPath, rootPath: sandbox.hostPath(mountPath) });
}

/** The way out of a chroot: a folder that is open while the root goes below it, and up from there. */
const CLIMB = `mkdir -p /tmp/jail; perl -e 'open my $out, "<", "/"; chroot "/tmp/jail"; chdir $out;
  chdir ".." for 1..64; chroot "."; print -e $ARGV[0] ? "escaped" : "inside"' "$CANARY"`;

describe("the container of an image", () => {
  it("holds a program that a chroot does not hold", async () => {
    const image = await open();
    const env = { CANARY: join(image.folder, "canary") };
    expect(await say(byChroot(image), CLIMB, env)).toBe("escaped");
    expect(await say(image.input.communicator, CLIMB, env)).toBe("inside");
  });

  it.each(ISOLATIONS)("has no other mounts, processes or names in it than its own, isolation %s", async (isolation) => {
    const image = await open({ isolation });
    const { communicator } = image.input;
    const points = (await say(communicator, "cut -d' ' -f2 /proc/self/mounts")).trim().split("\n");
    const own = /^\/(usr|sys|proc(\/\w+|\/sysrq-trigger)?|dev(\/null|\/urandom)?)?$/;
    expect(points.filter((point) => !own.test(point))).toEqual([]);
    expect((await say(communicator, "ls -d /proc/[0-9]* | wc -l")).trim()).toMatch(/^[2-6]$/);
    for (const name of ["mnt", "pid", "uts", "ipc", "cgroup"]) {
      const inside = (await say(communicator, `readlink /proc/self/ns/${name}`)).trim();
      const ours = await readlinkOf(`/proc/self/ns/${name}`);
      const sandbox = (await image.sandbox.run(["readlink", `/proc/self/ns/${name}`])).stdout.trim();
      expect([ours, sandbox]).not.toContain(inside);
    }
  });

  it("lets nobody into other namespaces through its first process or its descriptors", async () => {
    const image = await open();
    const { communicator } = image.input;
    const canary = join(image.folder, "canary");
    expect(await say(communicator, `nsenter -t 1 -m cat ${canary}`)).toMatch(/not permitted|Permission denied/);
    expect(await say(communicator, `cat /proc/1/root${canary} /proc/1/cwd/..${canary}`)).not.toContain(
      "of this machine",
    );
    expect(await say(communicator, "cat /proc/1/environ /proc/1/maps; ls -l /proc/1/fd/ /proc/1/exe")).not.toMatch(
      /ANCHOR|->/,
    );
  });

  it("opens no device by a node that is made in it, anywhere, and keeps the node to itself", async () => {
    const device = await makeExt4Device(cleanup);
    const { rdev } = await stat(device);
    const image = await open();
    const node = `b ${rdev >> 8} ${rdev & 0xff}`;
    await writeFile(
      join(image.files, "attack"),
      `read() { dd if=$1 bs=1024 skip=1 count=1 2>&1 | od -An -tx1 | head -n4 | tail -n1; }
for folder in /tmp /dev /dev/shm /root; do mknod $folder/stolen-disk ${node}; dd if=$folder/stolen-disk count=1; done
unshare --user --map-root-user --mount sh -c 'mount -o remount,bind,dev / ; mount -o remount,bind,dev /dev;
  mount -t tmpfs -o dev tmpfs /root; mknod /root/stolen-disk ${node}; for d in /tmp /dev /root; do dd if=$d/stolen-disk count=1; done'
mount -t devtmpfs none /tmp; dd if=/dev${device.slice(4)} count=1
`,
    );
    const said = await say(image.input.communicator, "sh /attack");
    expect(said).toMatch(/Permission denied/);
    expect(said).not.toMatch(/records in|copied/);
    expect(existsSync("/dev/stolen-disk")).toBe(false);
    expect(await say(image.input.communicator, "ls /dev/stolen-disk")).toBe("/dev/stolen-disk\n");
    // In a chroot, the same node opens the disk.
    expect(await say(byChroot(image), "dd if=/root/stolen-disk count=1 of=/dev/null")).toMatch(/records in/);
  });

  it("opens no device on what a program of this machine mounts in the image later, of whatever kind", async () => {
    const device = await makeExt4Device(cleanup);
    const { rdev } = await stat(device);
    const image = await open();
    const folders = ["fresh", "bound", "filed", "jail"];
    for (const name of folders) await mkdir(join(image.files, name));
    await writeFile(join(image.files, "file"), "");
    const at = (name: string) => join(image.mountPath, name);
    const node = ["b", `${rdev >> 8}`, `${rdev & 0xff}`];
    await image.sandbox.run(["mount", "-t", "tmpfs", "fresh", at("fresh")]);
    await image.sandbox.run(["mount", "--bind", at("fresh"), at("bound")]);
    await image.sandbox.run(["mknod", at("fresh/made-outside"), ...node]);
    await image.sandbox.run(["mount", "--bind", at("fresh/made-outside"), at("file")]);
    await image.sandbox.run(["mount", "-t", "proc", "proc", at("jail")]);
    const { communicator } = image.input;
    const said = await say(
      communicator,
      `for folder in /fresh /bound; do mknod $folder/disk ${node.join(" ")}; dd if=$folder/disk count=1; dd if=$folder/made-outside count=1; done
dd if=/file count=1; cat /jail/sys/vm/swappiness > /jail/sys/vm/swappiness && echo written`,
    );
    expect(said.match(/Permission denied/g)).toHaveLength(5);
    expect(said).toMatch(/Read-only/);
    expect(said).not.toMatch(/records in|written/);
    // What is not mounted in the image keeps its own ways.
    const outside = image.sandbox.hostPath(at("fresh/made-outside"));
    expect((await image.sandbox.run(["dd", `if=${at("fresh/made-outside")}`, "count=1"])).stderr).toMatch(/records in/);
    expect(existsSync(outside)).toBe(true);
  });

  it("opens no device there by a command in a wrapper, or from where a person enters", async () => {
    const device = await makeExt4Device(cleanup);
    const { rdev } = await stat(device);
    const image = await open();
    await mkdir(join(image.files, "fresh"));
    await image.sandbox.run(["mount", "-t", "tmpfs", "fresh", join(image.mountPath, "fresh")]);
    const attack = `mknod /fresh/disk b ${rdev >> 8} ${rdev & 0xff}; dd if=/fresh/disk count=1`;
    const { sandbox: runner, mountPath, container } = image;
    const wrapped = new ChrootCommunicator({ runner, mountPath, container, wrapCommand: (line) => `nice ${line}` });
    expect(await say(wrapped, attack)).toMatch(/Permission denied/);
    await image.sandbox.run(["umount", join(image.mountPath, "fresh")]);
    await image.sandbox.run(["mount", "-t", "tmpfs", "fresh", join(image.mountPath, "fresh")]);
    await container.restrictMounts();
    const entered = [...container.shellWords, "-c", attack];
    expect((await image.sandbox.run(entered, { okExitCodes: [1] })).stderr).toMatch(/Permission denied/);
  });

  it("has the rights that installers use, and those that a template asks for", async () => {
    const bounding = async (image: ProvisionedImage) =>
      BigInt(`0x${(await say(image.input.communicator, "grep CapBnd /proc/self/status")).split(/\s+/)[1]}`);
    const bits = (names: readonly Parameters<typeof capabilityNumber>[0][]) =>
      names.reduce((set, name) => set | (1n << BigInt(capabilityNumber(name))), 0n);
    expect(await bounding(await open())).toBe(bits(CONTAINER_CAPABILITIES));
    const wanted = await open({ capabilities: ["SYS_ADMIN", "NET_ADMIN"] });
    expect(await bounding(wanted)).toBe(bits([...CONTAINER_CAPABILITIES, "SYS_ADMIN", "NET_ADMIN"]));
    expect(await say(wanted.input.communicator, "mount -t tmpfs mine /tmp && echo mounted")).toBe("mounted\n");
  });

  it.each([
    ["mounts", "mount -t tmpfs none /tmp"],
    ["unmounts", "umount -l /proc"],
    ["turns the root", "mkdir -p /tmp/a && pivot_root /tmp /tmp/a"],
    ["swaps", "dd if=/dev/zero of=/s bs=64k count=1 2>&1; mkswap /s; swapon /s"],
    ["attaches loop devices", "dd if=/dev/urandom of=/l bs=64k count=1; losetup -f /l"],
    ["changes firewalls", "ip link add stolen type dummy"],
    ["writes the kernel's settings", "cat /proc/sys/vm/swappiness > /proc/sys/vm/swappiness"],
    ["names a program for the kernel to run", "cat /proc/sys/kernel/core_pattern > /proc/sys/kernel/core_pattern"],
    ["presses keys of the kernel's", "echo h > /proc/sysrq-trigger"],
    // Nothing that would do harm if it did work: the rights themselves are compared above.
    [
      "opens files by their number",
      `perl -e 'my $handle = pack "LlQ", 8, 1, 2; syscall ${OPEN_BY_HANDLE_AT}, -100, $handle, 0; exit $!{EPERM} ? 1 : 0'`,
    ],
  ])("is one in which nobody %s", async (_what, command) => {
    const image = await open();
    await expect(image.input.communicator.start({ command })).rejects.toThrow();
  });

  it("holds root of a user namespace too, who may mount", async () => {
    const image = await open();
    const swappiness = "cat /proc/sys/vm/swappiness";
    await writeFile(
      join(image.files, "attack"),
      `mount -t tmpfs none /root && echo in a namespace of its own
mount -o remount,bind,rw /proc/sys && ${swappiness} > /proc/sys/vm/swappiness && echo remounted
umount /proc/sys && ${swappiness} > /proc/sys/vm/swappiness && echo uncovered
mount -t proc proc /tmp && ${swappiness} > /tmp/sys/vm/swappiness && echo mounted anew
mount --bind /proc /tmp && ${swappiness} > /tmp/sys/vm/swappiness && echo bound
mount -t sysfs sysfs /mnt && cat /mnt/kernel/mm/ksm/run > /mnt/kernel/mm/ksm/run && echo sysfs
mount -o remount,bind,rw /sys && cat /sys/kernel/mm/ksm/run > /sys/kernel/mm/ksm/run && echo sysfs
true`,
    );
    const command = "unshare --user --map-root-user --mount --net --pid --fork sh /attack 2>/dev/null";
    expect(await say(image.input.communicator, command)).toBe("in a namespace of its own\n");
  });

  it("shows nothing of programs of ours that are on their way in, however often one looks", async () => {
    const image = await open();
    const { communicator } = image.input;
    const canary = join(image.folder, "canary");
    const spy = `while :; do for p in /proc/[0-9]*; do cat $p/comm >> /tmp/seen; cat $p/environ $p/root${canary} >> /tmp/stolen;
      ls $p/fd/ >> /tmp/stolen-fds; done 2>/dev/null; done`;
    await writeFile(join(image.files, "spy"), spy);
    await communicator.start({ command: "(setsid sh /spy >/dev/null 2>&1 &)" });
    const seen = () =>
      existsSync(join(image.files, "tmp/seen")) ? readFileSync(join(image.files, "tmp/seen"), "utf8") : "";
    await until(async () => {
      await image.container
        .spawn(["-c", ":"], { env: { PATH: "/usr/bin", TOKEN: "s3cret-on-its-way" } })
        .then(({ exited }) => exited);
      return /capsh|setsid|nsenter/.test(seen());
    });
    const stolen = await readFile(join(image.files, "tmp/stolen"), "utf8");
    expect(stolen).not.toContain("of this machine");
    expect(stolen).not.toContain("ANCHOR");
  });

  it("ends when it is told to, whatever has been stopped or killed in it", async () => {
    const image = await open();
    const { communicator } = image.input;
    await communicator.start({ command: "kill -STOP -1; kill -KILL -1; true", okExitCodes: "any" });
    await communicator.start({ command: "(setsid sh -c 'kill -STOP $$' &); kill -STOP 2 3 4 2>/dev/null; true" });
    await communicator.start({
      command: `(setsid perl -e 'for (;;) { exit if fork; select undef, undef, undef, 0.002 }' >/dev/null 2>&1 &)`,
    });
    const { pid } = image.container;
    const namespace = await readlinkOf(`/proc/${pid}/ns/pid`);
    await image.container.stop({ graceMs: 0 });
    const alive = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
    const links = await Promise.all(alive.map((each) => readlinkOf(`/proc/${each}/ns/pid`)));
    expect(links).not.toContain(namespace);
    await expect(communicator.start({ command: "true" })).rejects.toMatchObject({ code: "E_SANDBOX" });
  });

  it.each([
    // Whatever enters is killed at once, and so is who would tell the kernel to end them all.
    [
      "as soon as it is asked to end",
      `sh -c 'trap "while :; do kill -KILL -1; done" TERM; : > /tmp/ready; while :; do :; done'`,
    ],
    ["all the time", `sh -c ': > /tmp/ready; while :; do kill -KILL -1; done'`],
  ])("ends a process in it that kills every other one %s", async (_when, command) => {
    const image = await open();
    await image.input.communicator.start({ command: `(setsid ${command} >/dev/null 2>&1 &)`, okExitCodes: "any" });
    await until(() => existsSync(join(image.files, "tmp/ready")));
    expect((await image.container.stopLeftovers({ graceMs: 0 })).length).toBeGreaterThan(0);
    expect(await image.sandbox.leftovers()).toEqual([]);
    expect(await say(image.input.communicator, "echo usable")).toBe("usable\n");
    expect(await image.sandbox.stopLeftovers({ graceMs: 0 })).toEqual([]);
  });

  it("loads nothing into the programs that lead there, whatever the template's variables name", async () => {
    const image = await open();
    const { communicator } = image.input;
    const complaints = async (command: string) =>
      (await say(communicator, command, { LD_PRELOAD: "/opt/of-the-image.so" })).match(/of-the-image/g)?.length;
    // One of the image's shell, one of its ls.
    expect(await complaints("ls /etc/passwd")).toBe(2);
  });

  it("lets a command be cancelled that has stopped itself", async () => {
    const image = await open();
    const command = await image.container.spawn(["-c", "kill -STOP $$"]);
    const state = async () => (await readFile(`/proc/${command.pid}/stat`, "utf8")).replace(/^.*\) /, "")[0];
    await until(async () => (await state()) === "T");
    command.kill("SIGTERM");
    expect(await command.exited).toEqual({ code: null, signal: "SIGTERM" });
  });

  it("tells that the image has no shell, or one that cannot be run, as chroot(8) does", async () => {
    const image = await open();
    const status = () => image.input.communicator.start({ command: "exit 1", okExitCodes: "any" });
    expect(await status()).toEqual({ code: 1, signal: null });
    await rm(join(image.files, "bin"));
    expect(await status()).toEqual({ code: 127, signal: null });
    await mkdir(join(image.files, "bin"));
    await writeFile(join(image.files, "bin/sh"), "no program\n", { mode: 0o644 });
    expect(await status()).toEqual({ code: 126, signal: null });
  });

  it("sees what the sandbox mounts in the image later, and keeps its own mounts to itself", async () => {
    const image = await open({ capabilities: ["SYS_ADMIN"] });
    await mkdir(join(image.files, "cache"));
    await image.sandbox.run(["mount", "-t", "tmpfs", "ours", join(image.mountPath, "cache")]);
    await image.sandbox.run(["touch", join(image.mountPath, "cache/ours")]);
    expect(await say(image.input.communicator, "ls /cache; mount -t tmpfs theirs /tmp; touch /tmp/theirs")).toBe(
      "ours\n",
    );
    expect(await readdir(image.sandbox.hostPath(join(image.mountPath, "tmp")))).toEqual([]);
    expect(await readdir(join(image.container.rootPath, "tmp"))).toEqual(["theirs"]);
    await image.sandbox.run(["umount", join(image.mountPath, "cache")]);
    expect(await say(image.input.communicator, "ls /cache")).toBe("");
  });
});

describe("a secret of a program of this machine", () => {
  /** Counts its rounds in /tmp/rounds and keeps what it finds in environments in /tmp/stolen. */
  const READER = `(setsid sh -c 'while :; do cat /proc/[0-9]*/environ | tr "\\0" "\\n" | grep ^SECRET_OF_TEST >> /tmp/stolen;
    echo >> /tmp/rounds; done' >/dev/null 2>&1 &)`;
  /** Ends when the reader has had two whole rounds meanwhile. */
  const WAIT = `n() { wc -l < "$0"; }; at=$(n); until [ "$(n)" -gt $((at + 2)) ]; do :; done`;
  const isStolen = async ({ files }: ProvisionedImage) =>
    (await readFile(join(files, "tmp/stolen"), "utf8").catch(() => "")) !== "";

  group.each<Isolation>([...ISOLATIONS])("isolation %s", (isolation) => {
    it("is in reach of a process in the same PID namespace, and in none of the container's", async () => {
      const image = await open({ isolation });
      const env = { PATH: "/usr/bin:/bin", SECRET_OF_TEST: "x" };
      const rounds = join(image.files, "tmp/rounds");
      const runLocal = async () => {
        await until(() => existsSync(rounds));
        await image.sandbox.run(["sh", "-c", WAIT, rounds], { env });
        return isStolen(image);
      };
      await image.input.communicator.start({ command: READER });
      expect(await runLocal()).toBe(false);
      await image.container.stopLeftovers({ graceMs: 0 });
      if (isolation === "private") {
        await byChroot(image).start({ command: READER });
        expect(await runLocal()).toBe(true);
      }
    });
  });
});

async function readlinkOf(path: string): Promise<string> {
  return readlink(path).catch(() => "");
}
