import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openResume } from "../../src/bake/resume.ts";
import { omi } from "../../src/cli/commands/omi.ts";
import type { UsageError } from "../../src/common/errors.ts";
import type { RawConfig } from "../../src/definition/raw-value.ts";
import type { LocalCloud } from "../../src/local-cloud/start-local-cloud.ts";
import { type Bakery, openBakery, publicSource } from "../support/bake/bake.ts";
import { bundleCrashingBuild, runKilledBuild } from "../support/bake/killed-build.ts";
import { apiOf, type Census, censusOf } from "../support/bake/region-census.ts";
import { requireRoot } from "../support/suite/requirements.ts";
import { sample } from "../support/suite/sample.ts";
import { SweepCount } from "../support/suite/sweep-count.ts";
import { recordingIo } from "../support/terminal/recording-io.ts";
import { RecordingUi } from "../support/terminal/recording-ui.ts";

const describe = requireRoot();
const SAMPLE = 10;
const here: RawConfig = { ...publicSource, omi_name: "far", tags: { Name: "far" } };
const there: RawConfig = {
  ...here,
  ...{ omi_regions: ["us-east-2"], region_copy: { bucket: "acme", create_bucket: true } },
};

describe("a build that is killed while it copies", () => {
  const count = new SweepCount("kills while an OMI is copied to another region");
  let bakery: Bakery;
  let bundle: string;
  beforeAll(async () => {
    bakery = await openBakery("regions-kill-test", { regions: ["eu-west-2", "us-east-2"] });
    bundle = await bundleCrashingBuild(bakery.folder);
  });
  afterAll(async () => {
    count.print();
    await bakery.close();
  });

  const clear = async (cloud: LocalCloud) => {
    await using api = apiOf(cloud);
    const AccountIds = [cloud.account("builder").id];
    const { Images } = await api.readImages({ Filters: { AccountIds } });
    for (const { ImageId } of Images) await api.deleteImage({ ImageId });
    await cloud.idle();
    const { Snapshots } = await api.readSnapshots({ Filters: { AccountIds } });
    for (const { SnapshotId } of Snapshots) await api.deleteSnapshot({ SnapshotId });
    await cloud.idle();
  };
  const clearAll = async () => {
    for (const region of bakery.cloud.regions) await clear(region);
  };

  /** The OMI is at home or not, and its copy is whole or not there; nothing besides. */
  const expectWholeOrNothing = (after: Readonly<Record<string, Census>>, before: Readonly<Record<string, Census>>) => {
    const more = Object.fromEntries(
      Object.entries(after).map(([region, { images, snapshots, ...rest }]) => {
        const was = before[region];
        expect(rest).toEqual({ volumes: was?.volumes, buckets: was?.buckets, objects: was?.objects });
        expect(snapshots - (was?.snapshots ?? 0)).toBe(images - (was?.images ?? 0));
        return [region, images - (was?.images ?? 0)];
      }),
    );
    expect(more["eu-west-2"]).toBeLessThanOrEqual(1);
    expect(more["us-east-2"]).toBeLessThanOrEqual(more["eu-west-2"] ?? 0);
  };

  const sweep = async (config: RawConfig, prepare: () => Promise<void>) => {
    await clearAll();
    // The first build of an account asks more often than one that knows how long its waits take.
    await runKilledBuild(bakery, bundle, { point: 0, config: here });
    await clearAll();
    // What comes before the copies is killed elsewhere.
    const without = Number(await runKilledBuild(bakery, bundle, { point: 0, config: here }));
    await clearAll();
    await prepare();
    const points = Number(await runKilledBuild(bakery, bundle, { point: 0, config }));
    expect(points).toBeGreaterThan(without + 20);
    const late = Array.from({ length: points - without }, (_, index) => without + 1 + index);
    for (const point of sample(late, SAMPLE)) {
      await clearAll();
      const before = await censusOf(bakery.cloud);
      await prepare();
      await count.try(`point ${point}`, async () => {
        // How often it asks for a state varies: a late point may not come this time, and then there is all.
        await runKilledBuild(bakery, bundle, { point, config });
        await bakery.cleanUp();
        expect((await bakery.leftovers()).journals).toEqual([]);
        expectWholeOrNothing(await censusOf(bakery.cloud), before);
      });
    }
    expect(count.broke).toEqual([]);
    await clearAll();
  };

  it("leaves the OMI and its copy, each whole or not at all, once it was cleaned up", () =>
    sweep(there, async () => undefined));

  it("never loses the OMI that the copy was about to replace", async () => {
    const [, east] = bakery.cloud.regions as [LocalCloud, LocalCloud];
    await using api = apiOf(east);
    const withOld = async () => {
      const { Images } = await api.readImages({ Filters: { AccountAliases: ["Outscale"] } });
      const SourceImageId = Images[0]?.ImageId ?? "";
      await api.createImage({ SourceImageId, SourceRegionName: "us-east-2", ImageName: "far" });
      await east.idle();
    };
    const config = { ...there, force_deregister: true };
    await clearAll();
    const without = Number(
      await runKilledBuild(bakery, bundle, { point: 0, config: { ...here, force_deregister: true } }),
    );
    await clearAll();
    await withOld();
    const points = Number(await runKilledBuild(bakery, bundle, { point: 0, config }));
    const late = Array.from({ length: points - without }, (_, index) => without + 1 + index);
    for (const point of sample(late, SAMPLE)) {
      await clearAll();
      await withOld();
      await count.try(`replacement ${point}`, async () => {
        await runKilledBuild(bakery, bundle, { point, config });
        await bakery.cleanUp();
        await east.idle();
        const { Images } = await api.readImages({ Filters: { AccountIds: [east.account("builder").id] } });
        expect(Images.map(({ ImageName, State }) => `${ImageName} ${State}`)).toEqual(["far available"]);
        expect((await bakery.leftovers()).journals).toEqual([]);
      });
    }
    expect(count.broke).toEqual([]);
  });

  it("tells whoever would go on with it, or cleans up, the command that finishes it as it is", async () => {
    await clearAll();
    const shared = { omi_account_ids: ["123456789012"], snapshot_groups: ["all"] };
    const made = { kind: "region-imported-image", isWritten: true };
    expect(await runKilledBuild(bakery, bundle, { point: 0, config: { ...there, ...shared }, made })).toBe("killed");
    const [journal = ""] = (await bakery.leftovers()).journals;
    const resuming = openResume({
      run: journal.replace(".jsonl", ""),
      stateFolder: bakery.stateFolder,
      env: bakery.env,
    });
    const { hint = "" } = await resuming.then(
      () => expect.fail("it should be refused"),
      (error: UsageError) => error,
    );
    const command = hint.split("the copies that are missing: ")[1] ?? "";
    const ui = new RecordingUi();
    await bakery.cleanUp({ ui });
    expect(ui.of("warn").at(-1)).toBe(`To finish it: ${command}`);
    const script = `outscale-chroot() { printf '%s\\n' "$@"; }; ${command}`;
    const [room, action, ...argv] = execFileSync("bash", ["-c", script], { encoding: "utf8" }).trimEnd().split("\n");
    expect([room, action]).toEqual(["omi", "copy"]);
    const io = recordingIo({ env: bakery.env });
    await omi.actions?.copy?.run({ argv, io, runPlugin: async () => 0 });
    const [, east] = bakery.cloud.regions as [LocalCloud, LocalCloud];
    await using api = apiOf(east);
    const { Images } = await api.readImages({ Filters: { AccountIds: [east.account("builder").id] } });
    expect(Images).toMatchObject([{ ImageName: "far", PermissionsToLaunch: { AccountIds: shared.omi_account_ids } }]);
    const SnapshotIds = Images[0]?.BlockDeviceMappings.flatMap(({ Bsu }) => Bsu?.SnapshotId ?? []) ?? [];
    const { Snapshots } = await api.readSnapshots({ Filters: { SnapshotIds } });
    expect(Snapshots).toMatchObject([{ PermissionsToCreateVolume: { GlobalPermission: true } }]);
    await clearAll();
  });
});
