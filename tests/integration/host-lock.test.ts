import { spawnSync } from "node:child_process";
import { chown, link, lstat, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Clock } from "../../src/common/clock.ts";
import { CancelledError, DeviceError, TimeoutError } from "../../src/common/errors.ts";
import { acquireDeviceLock, ownLockFile } from "../../src/host/device-lock.ts";
import { type Holder, startHolder } from "../support/program/holder.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

requirePrograms("flock", "perl")("host: the device lock", () => {
  let folder: string;
  let path: string;
  let holders: Holder[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "host-lock-"));
    path = join(folder, "packer-chroot/lock");
    holders = [];
  });
  afterEach(async () => {
    for (const holder of holders) await holder.stop();
    await rm(folder, { recursive: true });
  });

  /** Another process that has the lock by flock(2), as the original takes it: opened with O_TRUNC, then LOCK_EX. */
  async function holdElsewhere(): Promise<Holder> {
    const script = `open($f, ">", $ARGV[0]) or die; flock($f, 2) or die; $| = 1; print "ready\\n"; sleep 600`;
    const holder = await startHolder(`exec perl -e '${script}' ${path}`);
    holders.push(holder);
    return holder;
  }

  test("acquireDeviceLock() makes the folder that /var/lock leads to on a machine that has none yet", async () => {
    await symlink(join(folder, "run/lock"), join(folder, "lock"));
    const lock = await acquireDeviceLock({ path: join(folder, "lock/packer-chroot/lock"), timeoutMs: 0 });
    await lock.release();
    expect((await lstat(join(folder, "run/lock/packer-chroot/lock"))).isFile()).toBe(true);
  });

  test("acquireDeviceLock() waits for the original's lock, says so, and has it when that ends", async () => {
    await (await acquireDeviceLock({ path, timeoutMs: 0 })).release();
    const other = await holdElsewhere();
    const said: string[] = [];
    const waiting = acquireDeviceLock({
      path,
      timeoutMs: 60_000,
      onWait: (message) => {
        said.push(message);
        void other.stop();
      },
    });
    await (await waiting).release();
    expect(said).toHaveLength(1);
    expect(said[0]).toContain(`Waiting for the device lock "${path}", which is open in pid ${other.pid} (perl -e`);
  });

  test("acquireDeviceLock() keeps others out until it is released, also after the flock program has ended", async () => {
    const lock = await acquireDeviceLock({ path, timeoutMs: 0 });
    await expect(acquireDeviceLock({ path, timeoutMs: 0 })).rejects.toThrow(TimeoutError);
    let isIn = false;
    const other = holdElsewhere().then(() => {
      isIn = true;
    });
    await expect(acquireDeviceLock({ path, timeoutMs: 0 })).rejects.toThrow("was not free in 0 s");
    expect(isIn).toBe(false);
    await lock.release();
    await other;
    await lock.release(); // a second time does nothing
  });

  /** Whether the original, which does not wait here, would get the lock now. */
  const isFreeForTheOriginal = () => spawnSync("flock", ["--exclusive", "--nonblock", path, "true"]).status === 0;

  test("passOn() lets our next build in, and keeps the original out until both have seen their devices", async () => {
    const first = await acquireDeviceLock({ path, timeoutMs: 0 });
    await first.passOn();
    const second = await acquireDeviceLock({ path, timeoutMs: 0 });
    expect(isFreeForTheOriginal()).toBe(false);
    await first.passOn(); // a second time does nothing
    await expect(acquireDeviceLock({ path, timeoutMs: 0 })).rejects.toThrow(TimeoutError);
    await second.release();
    expect(isFreeForTheOriginal()).toBe(false);
    await first.release();
    expect(isFreeForTheOriginal()).toBe(true);
  });

  test("acquireDeviceLock() keeps our builds in other processes out until it is passed on", async () => {
    const lock = await acquireDeviceLock({ path, timeoutMs: 0 });
    const names = ownLockFile(path);
    const isFree = () => spawnSync("flock", ["--exclusive", "--nonblock", names, "true"]).status === 0;
    expect(isFree()).toBe(false);
    await lock.passOn();
    expect(isFree()).toBe(true);
    await lock.release();
  });

  test("acquireDeviceLock() hands on what it was given when it cannot have the rest", async () => {
    const first = await acquireDeviceLock({ path, timeoutMs: 0 });
    const abort = new AbortController();
    const cancelled = acquireDeviceLock({ path, timeoutMs: 60_000, signal: abort.signal, onWait: () => abort.abort() });
    const next = acquireDeviceLock({ path, timeoutMs: 60_000 });
    await expect(cancelled).rejects.toThrow(CancelledError);
    await first.release();
    await (await next).release();
    expect(isFreeForTheOriginal()).toBe(true);
  });

  test("acquireDeviceLock() gives the lock up when its process is killed", async () => {
    await (await acquireDeviceLock({ path, timeoutMs: 0 })).release();
    const other = await holdElsewhere();
    await other.stop();
    await (await acquireDeviceLock({ path, timeoutMs: 0 })).release();
  });

  test("acquireDeviceLock() stops waiting when it is cancelled, and at its deadline", async () => {
    const lock = await acquireDeviceLock({ path, timeoutMs: 0 });
    const abort = new AbortController();
    const cancelled = acquireDeviceLock({ path, timeoutMs: 60_000, signal: abort.signal, onWait: () => abort.abort() });
    await expect(cancelled).rejects.toThrow(CancelledError);
    let now = 0;
    const clock: Clock = {
      now: () => now,
      sleep: async (ms) => {
        now += ms;
      },
    };
    const late = acquireDeviceLock({ path, timeoutMs: 30_000, clock });
    await expect(late).rejects.toThrow(`The device lock "${path}" was not free in 30 s`);
    await lock.release();
  });

  test("acquireDeviceLock() neither truncates nor changes the file", async () => {
    await mkdir(join(folder, "packer-chroot"), { mode: 0o750 });
    await writeFile(path, "somebody's note", { mode: 0o644 });
    await (await acquireDeviceLock({ path, timeoutMs: 0 })).release();
    expect(await readFile(path, "utf8")).toBe("somebody's note");
    expect((await stat(path)).mode & 0o777).toBe(0o644);
  });

  test("acquireDeviceLock() makes folder and file so that nobody else can write them", async () => {
    await (await acquireDeviceLock({ path, timeoutMs: 0 })).release();
    expect((await lstat(join(folder, "packer-chroot"))).mode & 0o777).toBe(0o750);
    expect((await lstat(path)).mode & 0o777).toBe(0o600);
  });

  const victim = () => join(folder, "victim");
  const makeFolder = () => mkdir(join(folder, "packer-chroot"));
  test.each([
    {
      plant: "a link in place of the file",
      why: "it is a symbolic link",
      prepare: async () => {
        await makeFolder();
        await symlink(victim(), path);
      },
    },
    {
      plant: "a second name of another file",
      why: "it has several hard links",
      prepare: async () => {
        await makeFolder();
        await link(victim(), path);
      },
    },
    {
      plant: "a link in place of the folder",
      why: "it is a symbolic link",
      prepare: async () => {
        await mkdir(join(folder, "elsewhere"));
        await symlink(join(folder, "elsewhere"), join(folder, "packer-chroot"));
      },
    },
    {
      plant: "a folder of another user",
      why: "user 65534 owns it",
      prepare: async () => {
        await makeFolder();
        await symlink(victim(), path);
        await chown(join(folder, "packer-chroot"), 65534, 65534);
      },
    },
    {
      plant: "a file of another user",
      why: "user 65534 owns it",
      prepare: async () => {
        await makeFolder();
        await writeFile(path, "");
        await chown(path, 65534, 65534);
      },
    },
    {
      plant: "a pipe in place of the file",
      why: "it is not a plain file",
      prepare: async () => {
        await makeFolder();
        await (await startHolder(`mkfifo ${path}; echo ready; exec sleep 600`)).stop();
      },
    },
    {
      plant: "a plain file in place of the folder",
      why: "it is not a folder",
      prepare: () => writeFile(join(folder, "packer-chroot"), ""),
    },
  ])("acquireDeviceLock() refuses $plant", async ({ prepare, why }) => {
    await writeFile(victim(), "canary");
    await prepare();
    const attempt = acquireDeviceLock({ path, timeoutMs: 0 });
    await expect(attempt).rejects.toThrow(DeviceError);
    await expect(attempt).rejects.toThrow(why);
    expect(await readFile(victim(), "utf8")).toBe("canary");
  });
});
