import { mkdir, rm, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { JournalError } from "../../src/builder/journal/journal-error.ts";
import { hostRunner } from "../../src/host/run-command.ts";
import { type Bakery, nothing, openBakery, publicSource } from "../support/bake/bake.ts";
import { requireRoot } from "../support/suite/requirements.ts";

const describe = requireRoot();
const KIB = 1024;

describe("a build whose state folder is on a full disk", () => {
  let bakery: Bakery;
  let disk: string;
  const host = hostRunner();
  beforeAll(async () => {
    bakery = await openBakery("full-disk");
    disk = bakery.stateFolder;
  });
  afterAll(() => bakery.close());
  beforeEach(async () => {
    await mkdir(disk, { recursive: true });
    await host.run(["mount", "-t", "tmpfs", "-o", "size=512k", "full-disk", disk]);
  });
  afterEach(() => host.run(["umount", disk]));

  /** Fills the disk up to so many free bytes. */
  const fill = async (freeBytes: number) => {
    const { bavail, bsize } = await statfs(disk);
    await writeFile(join(disk, "filler"), Buffer.alloc(Math.max(0, bavail * bsize - freeBytes)));
  };
  const withoutDisk = async () => {
    const { mounts: _mounts, ...rest } = await bakery.leftovers();
    return rest;
  };
  const { mounts: _none, ...nothingElse } = nothing;

  it.each([0, 4, 8, 16, 32, 48, 64, 96, 128, 256])(
    "creates nothing, or builds to the end: %i KiB were free",
    async (kib) => {
      await mkdir(join(disk, "runs"), { mode: 0o700 });
      await fill(kib * KIB);
      const before = bakery.cloud.requests.length;
      const outcome = await bakery.bake({ ...publicSource, omi_name: "tight" }).catch((error: unknown) => error);
      if (outcome instanceof Error) {
        expect(outcome).toBeInstanceOf(JournalError);
        const asked = bakery.cloud.requests.slice(before).map(({ action }) => action);
        expect(asked.filter((action) => !action.startsWith("Read"))).toEqual([]);
      } else {
        await (outcome as Awaited<ReturnType<typeof bakery.bake>>).artifact?.destroy();
      }
      expect(kib >= 96 ? outcome : undefined).not.toBeInstanceOf(Error);
      await rm(join(disk, "filler"));
      expect(await withoutDisk()).toEqual(nothingElse);
    },
  );

  it("finishes when the disk gets full on the way, and leaves nothing", async () => {
    await bakery.bake({ ...publicSource, omi_name: "replaced" });
    const config = { ...publicSource, omi_name: "replaced", force_deregister: true, force_delete_snapshot: true };
    const { artifact, ui } = await bakery.bake(config, { hook: { provision: () => fill(0) } });
    expect(ui.of("warn")).toEqual([]);
    expect((await bakery.leftovers()).images).toEqual([`${artifact?.product.imageId} replaced`]);
    await artifact?.destroy();
    expect(await withoutDisk()).toEqual(nothingElse);
  });

  it("takes everything down when it fails on a disk that got full on the way", async () => {
    const provision = async () => {
      await fill(0);
      throw new Error("as it was meant to");
    };
    const config = { ...publicSource, omi_name: "failed" };
    await expect(bakery.bake(config, { hook: { provision } })).rejects.toThrow("as it was meant to");
    expect(await withoutDisk()).toEqual(nothingElse);
  });
});
