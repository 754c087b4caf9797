import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { CancelledError } from "../../src/common/errors.ts";
import type { DebugLog } from "../../src/common/log.ts";
import { openBakery } from "../support/bake/bake.ts";
import { CopyBench, EAST } from "../support/bake/copy-bench.ts";
import { hastyClock } from "../support/bake/hasty-clock.ts";
import { ImageOwner } from "../support/bake/image-owner.ts";
import { bundleCrashingBuild, runKilledBuild } from "../support/bake/killed-build.ts";
import { requireRoot } from "../support/suite/requirements.ts";
import { RecordingUi } from "../support/terminal/recording-ui.ts";

const describe = requireRoot();
/** For so long an OMI that was deleted is shown as it was. */
const LINGERING_MS = 8_000;

/** Tells of the answer to a call: of the first when no more are passed over. */
function afterCall(action: string, skip: number, act: () => void): DebugLog {
  let left = skip;
  return {
    write: (entry) => {
      if (entry.kind !== "api" || entry.action !== action) return;
      if (left === 0) act();
      left -= 1;
    },
  };
}

describe("an OMI that is replaced on a cloud that shows it for a while when it is gone", () => {
  let folder: string;
  let bundle: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "lingering-"));
    bundle = await bundleCrashingBuild(folder);
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** The builder's account with the OMI `web`, which the builds of `config` replace. */
  async function openReplacement() {
    // The cloud's and the builds' time: a wait of a build passes for the cloud, too.
    const clock = hastyClock();
    const bakery = await openBakery("lingering-test", { clock });
    const own = new ImageOwner(bakery, "builder");
    const base = await own.register({ ImageName: "base" });
    const old = await own.register({ ImageName: "web", Description: "the old one" });
    const waiting = { polling: { min: "5ms", max: "50ms" }, boot_check: "off" };
    const config = { source_omi: base.ImageId, omi_name: "web", force_deregister: true, ...waiting } as const;
    return {
      ...{ bakery, clock, old, config },
      /** Those that have the name in the end. */
      web: async () => {
        await bakery.cloud.idle();
        await clock.sleep(LINGERING_MS);
        const { Images } = await own.api.readImages({ Filters: { AccountIds: [own.accountId], ImageNames: ["web"] } });
        return Images;
      },
      [Symbol.asyncDispose]: async () => {
        await own.api[Symbol.asyncDispose]();
        await bakery.close();
      },
    };
  }

  it("is replaced all the same", async () => {
    await using replacement = await openReplacement();
    const { bakery, clock, config } = replacement;
    bakery.cloud.faults.add({ kind: "lingering-image", ms: LINGERING_MS });
    const { artifact } = await bakery.bake(config, { clock });
    expect(await replacement.web()).toMatchObject([{ ImageId: artifact?.product.imageId }]);
  });

  it("is there again when the build is stopped right after it was deleted", async () => {
    await using replacement = await openReplacement();
    const { bakery, clock, config, old } = replacement;
    bakery.cloud.faults.add({ kind: "lingering-image", ms: LINGERING_MS });
    const stop = new AbortController();
    const log = afterCall("DeleteImage", 0, () => stop.abort(new CancelledError("Stopped")));
    await expect(bakery.bake(config, { clock, log, signal: stop.signal })).rejects.toThrow(CancelledError);
    const [again, ...others] = await replacement.web();
    expect(others).toEqual([]);
    expect(again).toMatchObject({ Description: "the old one", State: "available" });
    expect(again?.ImageId).not.toBe(old.ImageId);
    expect((await bakery.leftovers()).journals).toEqual([]);
  });

  it("is there again when the build is killed right after it was deleted, and cleanup comes at once", async () => {
    await using replacement = await openReplacement();
    const { bakery, config, old } = replacement;
    bakery.cloud.faults.add({ kind: "lingering-image", ms: LINGERING_MS });
    const made = { kind: "replaced-image", isWritten: false };
    expect(await runKilledBuild(bakery, bundle, { point: 0, config, made })).toBe("killed");
    expect(bakery.cloud.faults.list()).toEqual([]);
    await bakery.cleanUp();
    const [again, ...others] = await replacement.web();
    expect(others).toEqual([]);
    expect(again).toMatchObject({ Description: "the old one", State: "available" });
    expect(again?.ImageId).not.toBe(old.ImageId);
    expect((await bakery.leftovers()).journals).toEqual([]);
  });

  it("is there again in another region when omi copy is stopped right after it was deleted there", async () => {
    const clock = hastyClock();
    await using bench = await CopyBench.open("lingering-copy", { clock });
    await bench.register({ ImageName: "web" });
    await bench.copy({ clock });
    const old = await bench.image(EAST, "web");
    // The first one is the import's.
    bench.region(EAST).faults.add({ kind: "lingering-image", ms: LINGERING_MS, skip: 1 });
    const stop = new AbortController();
    const log = afterCall("DeleteImage", 1, () => stop.abort(new CancelledError("Stopped")));
    const ui = new RecordingUi();
    const copying = bench.copy({ clock, log, ui, force: true, signal: stop.signal });
    await expect(copying).rejects.toThrow(CancelledError);
    await clock.sleep(LINGERING_MS);
    expect(await bench.left(EAST)).toMatchObject({ images: ["web"], snapshots: { length: 1 } });
    expect((await bench.image(EAST, "web"))?.ImageId).not.toBe(old?.ImageId);
    expect(await bench.journals()).toEqual([]);
  });
});
