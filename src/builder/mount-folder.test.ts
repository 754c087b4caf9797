import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeMountFolder } from "./mount-folder.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mount-folder-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("makeMountFolder()", () => {
  it("lets nobody else on the way to the image, where the host sees the mount", async () => {
    const releases: (() => Promise<void>)[] = [];
    const lease = { id: "", note: () => undefined, keep: () => undefined, release: async () => undefined };
    const mounted = {
      acquire: async (_kind: unknown, _intent: unknown, create: () => Promise<string>) => ({
        ...lease,
        id: await create(),
      }),
      defer: (_label: string, release: () => Promise<void>) => {
        releases.push(release);
        return lease;
      },
    };
    const path = join(folder, "volumes/xvdf");
    try {
      await makeMountFolder(mounted, path);
      for (const made of [join(folder, "volumes"), path]) expect((await stat(made)).mode & 0o777).toBe(0o700);
    } finally {
      for (const release of releases) await release();
    }
  });
});
