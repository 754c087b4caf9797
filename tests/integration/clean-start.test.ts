import { statSync } from "node:fs";
import { readlink } from "node:fs/promises";
import { getPriority, hostname, setPriority } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ChrootCommunicator } from "../../src/chroot/chroot-communicator.ts";
import { mountInImage } from "../../src/chroot/image-mounts.ts";
import { type Isolation, type Sandbox, startSandbox } from "../../src/chroot/sandbox.ts";
import { unmountBelow } from "../../src/host/mounts.ts";
import { runLocalCommands } from "../../src/host/run-local-commands.ts";
import { Cleanup, makeBusyboxRoot, run, tempFolder } from "../support/chroot/fixtures.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms("unshare", "nsenter", "setpriv", "prlimit", "busybox");
const cleanup = new Cleanup();
const isolations: readonly Isolation[] = ["private", "host"];

/** The state of a caller who has chosen everything else than is usual. */
beforeEach(async () => {
  const umask = process.umask(0o027);
  const nice = getPriority();
  setPriority(Math.min(19, nice + 3)); // a caller may be as nice as one can be
  const limits = await run("prlimit", [
    "--pid",
    `${process.pid}`,
    "--nofile",
    "--fsize",
    "--output=SOFT,HARD",
    "--noheadings",
  ]);
  const [nofile, fsize] = limits.stdout
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).join(":"));
  await run("prlimit", ["--pid", `${process.pid}`, "--nofile=900:", `--fsize=${2 ** 40}:`]);
  cleanup.add(async () => {
    process.umask(umask);
    setPriority(nice);
    await run("prlimit", ["--pid", `${process.pid}`, `--nofile=${nofile}`, `--fsize=${fsize}`]);
  });
});
afterEach(() => cleanup.run());

interface OpenImage {
  readonly sandbox: Sandbox;
  readonly mountPath: string;
  /** What a command in the image prints. */
  say(command: string): Promise<string>;
}

async function openImage(isolation: Isolation): Promise<OpenImage> {
  const mountPath = join(await tempFolder(cleanup), "image");
  const sandbox = await startSandbox({ isolation });
  cleanup.add(() => sandbox.stop());
  await makeBusyboxRoot(mountPath);
  cleanup.add(() => unmountBelow(mountPath, { view: sandbox.view }));
  await mountInImage({ view: sandbox.view, mountPath }, { fsType: "proc", source: "proc", target: "/proc" });
  const communicator = new ChrootCommunicator({ runner: sandbox, mountPath, rootPath: sandbox.hostPath(mountPath) });
  const say = async (command: string) => {
    let text = "";
    const stdout = new Writable({
      write(chunk: Buffer, _encoding, done) {
        text += chunk.toString();
        done();
      },
    });
    await communicator.start({ command, stdout, okExitCodes: "any" });
    return text;
  };
  return { sandbox, mountPath, say };
}

describe("a command for the image, whoever started the build", () => {
  it.each(isolations)(
    "has umask 022, limits, signals and scheduling as a service has, isolation %s",
    async (isolation) => {
      const { say, sandbox, mountPath } = await openImage(isolation);
      expect(await say("umask; mkdir -p /srv/site; echo x > /etc/x.list; pwd")).toBe("0022\n/\n");
      const modeOf = (path: string) => statSync(join(mountPath, path)).mode & 0o777;
      expect([modeOf("srv/site"), modeOf("etc/x.list")]).toEqual([0o755, 0o644]);
      const limits = await say("cat /proc/self/limits");
      expect(limits).toMatch(/^Max open files +1024 /m);
      expect(limits).toMatch(/^Max file size +unlimited +unlimited/m);
      // Busybox's shell ignores one signal itself.
      const { stdout: status } = await sandbox.run(["cat", "/proc/self/status"]);
      expect(status).toMatch(/^SigBlk:\s+0+$/m);
      expect(status).toMatch(/^SigIgn:\s+0+$/m);
      const stat = await say("cat /proc/self/stat");
      expect(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[16]).toBe("0"); // nice
    },
  );

  it.each(isolations)("on this machine likewise, isolation %s", async (isolation) => {
    const { sandbox } = await openImage(isolation);
    const lines: string[] = [];
    const ui = { say: () => undefined, message: (line: string) => void lines.push(line) };
    const plain = { wrapCommand: (line: string) => line, render: (line: string) => line };
    await runLocalCommands(["umask; ulimit -Sn; ulimit -Sf"], { runner: sandbox, ui, ...plain });
    expect(lines).toEqual(["0022", "1024", "unlimited"]);
  });

  it.each(isolations)(
    "changes neither host name nor clock nor kernel of this machine, isolation %s",
    async (isolation) => {
      const { sandbox, say } = await openImage(isolation);
      const before = hostname();
      expect(await say("hostname baked; hostname")).toBe("baked\n");
      expect(hostname()).toBe(before);
      for (const namespace of ["uts", "ipc", "cgroup", "pid"]) {
        const [inside, outside] = [`/proc/${sandbox.pid}/ns/${namespace}`, `/proc/self/ns/${namespace}`];
        expect(await readlink(inside)).not.toBe(await readlink(outside));
        expect(await say(`readlink /proc/self/ns/${namespace}`)).toBe(`${await readlink(inside)}\n`);
      }
      expect(await say('date -s "@$(date +%s)" 2>&1 > /dev/null')).toContain("not permitted");
      const [, bounding = "0"] = /^CapBnd:\s+(\w+)$/m.exec(await say("cat /proc/self/status")) ?? [];
      for (const gone of [16n, 22n, 25n]) expect((BigInt(`0x${bounding}`) >> gone) & 1n).toBe(0n);
    },
  );
});
