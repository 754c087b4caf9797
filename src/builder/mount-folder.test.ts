import { mkdir, mkdtemp, rm, rmdir, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { tryFlock } from "../host/flock.ts";
import { makeMountFolder, othersRightTo } from "./mount-folder.ts";
import { removeFolder } from "./resources/folder.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mount-folder-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A scope of a build. @param announced What happens between the announcement of a folder and its making */
function makeHolder(announced: (path: string) => Promise<void> = async () => undefined) {
  const releases: (() => Promise<void>)[] = [];
  const acquired: string[] = [];
  const lease = { id: "", note: () => undefined, keep: () => undefined, release: async () => undefined };
  return {
    acquired,
    acquire: async (_kind: unknown, intent: object, create: () => Promise<string>) => {
      await announced("path" in intent ? String(intent.path) : "");
      const id = await create();
      acquired.push(id);
      return { ...lease, id };
    },
    defer: (_label: string, release: () => Promise<void>) => {
      releases.push(release);
      return lease;
    },
    release: async () => {
      for (const release of releases) await release();
    },
  };
}

describe("makeMountFolder()", () => {
  it("lets nobody else on the way to the image, where the host sees the mount", async () => {
    const mounted = makeHolder();
    const path = join(folder, "volumes/xvdf");
    try {
      await makeMountFolder(mounted, path);
      for (const made of [join(folder, "volumes"), path]) expect((await stat(made)).mode & 0o777).toBe(0o700);
    } finally {
      await mounted.release();
    }
  });

  it("makes what another build removes as it ends, with the journal knowing of all of it", async () => {
    const parent = join(folder, "volumes");
    const path = join(parent, "xvdf");
    await mkdir(parent);
    let isThere = true;
    const mounted = makeHolder(async (announced) => {
      if (announced === path && isThere) await rmdir(parent);
      isThere = false;
    });
    try {
      await makeMountFolder(mounted, path);
      expect(mounted.acquired).toEqual([parent, path]);
      expect((await stat(path)).isDirectory()).toBe(true);
    } finally {
      await mounted.release();
    }
  });
});

describe("othersRightTo()", () => {
  const own = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
  const sudo = { SUDO_UID: "91000", SUDO_GID: "91001" };
  it.each([
    { what: "root's", stats: { uid: 0, gid: 0, mode: 0o40755 } },
    { what: "our own", stats: { ...own, mode: 0o40775 } },
    { what: "that of who came by sudo", stats: { uid: 91000, gid: 91001, mode: 0o40775 } },
    { what: "one for everybody, who renames but his own", stats: { uid: 0, gid: 90001, mode: 0o41777 } },
    { what: "one of a group that only reads", stats: { uid: 0, gid: 90001, mode: 0o40755 } },
    { what: "another user's", stats: { uid: 90000, gid: 0, mode: 0o40755 }, right: "user 90000 owns it" },
    {
      what: "another user's, where others rename but their own",
      stats: { uid: 90000, gid: 0, mode: 0o41777 },
      right: "user 90000 owns it",
    },
    { what: "one for everybody", stats: { uid: 0, gid: 0, mode: 0o40757 }, right: "everybody may write to it" },
    {
      what: "one that a group writes to, as Debian's /usr/local",
      stats: { uid: 0, gid: 50, mode: 0o42775 },
      right: "group 50 may write to it",
    },
  ])("says of $what who else may rename folders in it", ({ stats, right }) => {
    expect(othersRightTo(stats, sudo)).toBe(right);
  });
});

describe("removeFolder()", () => {
  it("leaves a folder that somebody uses", async () => {
    const path = join(folder, "used");
    const mounted = makeHolder();
    await makeMountFolder(mounted, path);
    await removeFolder(path);
    expect((await stat(path)).isDirectory()).toBe(true);
    await mounted.release();
    await removeFolder(path);
    await expect(stat(path)).rejects.toThrow("ENOENT");
  });

  it("leaves a folder that was removed and made anew by others while it got the lock of the old one", async () => {
    const path = join(folder, "swapped");
    await mkdir(path);
    const next = makeHolder();
    await removeFolder(path, async (fd) => {
      await rmdir(path);
      await makeMountFolder(next, path);
      return tryFlock(fd);
    });
    expect((await stat(path)).isDirectory()).toBe(true);
    await next.release();
  });
});
