import { existsSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ChrootCommunicator } from "../../src/chroot/chroot-communicator.ts";
import { mountInImage } from "../../src/chroot/image-mounts.ts";
import { RootFolder } from "../../src/chroot/root-folder.ts";
import { type Isolation, type Sandbox, startSandbox } from "../../src/chroot/sandbox.ts";
import { unmountBelow } from "../../src/host/mounts.ts";
import { Cleanup, makeBusyboxRoot, tempFolder } from "../support/chroot/fixtures.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms("unshare", "nsenter", "chroot", "mount", "busybox");
const cleanup = new Cleanup();
const SECRET = "SKHOSTILEPROCESS";

beforeEach(() => {
  process.env.OSC_SECRET_KEY = SECRET;
  process.env.LD_HOSTILE = SECRET;
});
afterEach(async () => {
  delete process.env.OSC_SECRET_KEY;
  delete process.env.LD_HOSTILE;
  await cleanup.run();
});

/** What a command in an image says, where /proc is mounted. */
async function say(sandbox: Sandbox, mountPath: string, command: string): Promise<string> {
  let text = "";
  const out = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString("utf8");
      done();
    },
  });
  const rootPath = sandbox.hostPath(mountPath);
  const communicator = new ChrootCommunicator({ runner: sandbox, mountPath, rootPath });
  await communicator.start({ command, stdout: out, stderr: out, okExitCodes: "any" });
  return text;
}

async function openImage(isolation: Isolation): Promise<{ readonly sandbox: Sandbox; readonly mountPath: string }> {
  const folder = await tempFolder(cleanup);
  const mountPath = join(folder, "image");
  const sandbox = await startSandbox({ isolation });
  cleanup.add(() => sandbox.stop());
  await makeBusyboxRoot(sandbox.hostPath(mountPath));
  cleanup.add(() => unmountBelow(mountPath, { view: sandbox.view }));
  await mountInImage({ view: sandbox.view, mountPath }, { fsType: "proc", source: "proc", target: "/proc" });
  return { sandbox, mountPath };
}

describe("a process in the image", () => {
  it.each<Isolation>(["private", "host"])(
    "finds no secret and no descriptor of ours, isolation %s",
    async (isolation) => {
      const { sandbox, mountPath } = await openImage(isolation);
      const environments = await say(sandbox, mountPath, "cat /proc/[0-9]*/environ | tr '\\0' '\\n'; env");
      expect(environments).toContain("PATH=");
      expect(environments).not.toContain(SECRET);
      const commands = await say(sandbox, mountPath, "cat /proc/[0-9]*/cmdline | tr '\\0' ' '");
      expect(commands).not.toContain("vitest");
      const links = await say(
        sandbox,
        mountPath,
        'for fd in /proc/self/fd/*; do readlink "$fd"; done; readlink /proc/self/cwd',
      );
      const places = links.trim().split("\n");
      expect(places.pop()).toBe("/");
      // Its output is a pipe, which had a name for a moment.
      const isInnocent = /^(pipe:|\/dev\/null$|\/proc\/|\/.*\/outscale-chroot-pipes-\w+\/\d \(deleted\)$)/;
      expect(places.filter((place) => !isInnocent.test(place))).toEqual([]);
    },
  );

  it.each<Isolation>(["private", "host"])(
    "that takes the anchor's cat with it ends all the same, isolation %s",
    async (isolation) => {
      const { sandbox, mountPath } = await openImage(isolation);
      const daemon = "while :; do sleep 1; done";
      await say(
        sandbox,
        mountPath,
        `(setsid sh -c '${daemon}' >/dev/null 2>&1 &); (setsid sh -c '${daemon}' &) >/dev/null 2>&1`,
      );
      await say(sandbox, mountPath, "kill -STOP 1; kill -9 1; kill -9 $(pidof cat); true");
      expect((await sandbox.stopLeftovers({ graceMs: 0 })).length).toBeGreaterThan(0);
      expect(await sandbox.leftovers()).toEqual([]);
    },
  );
});

describe("RootFolder", () => {
  it.each<Isolation>(["private", "host"])(
    "takes the root of the anchor for the image's, isolation %s",
    async (isolation) => {
      const { sandbox, mountPath } = await openImage(isolation);
      const rootPath = sandbox.hostPath(mountPath);
      const files = new RootFolder(rootPath);
      // In there, this link of the kernel's leads to the root of this machine.
      expect(await say(sandbox, mountPath, "readlink /proc/1/root")).toBe("/\n");
      symlinkSync(`/proc/1/root${mountPath}/etc/passwd`, join(rootPath, "etc/out"));
      expect(files.readText("/etc/out")).toBeUndefined();
      expect(files.readText("/proc/1/root/etc/passwd")).toBe(files.readText("/etc/passwd"));
      const communicator = new ChrootCommunicator({ runner: sandbox, mountPath, rootPath });
      await communicator.upload("/proc/1/root/tmp/hostile-canary", Readable.from([Buffer.from("x")]));
      expect(files.readText("/tmp/hostile-canary")).toBe("x");
      expect(existsSync("/tmp/hostile-canary")).toBe(false);
    },
  );
});
