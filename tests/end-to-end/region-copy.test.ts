import { execFileSync } from "node:child_process";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { RegionCopy } from "../../src/builder/region-copy/copy-image.ts";
import { messageOf } from "../../src/common/errors.ts";
import type { Image } from "../../src/outscale/oapi.ts";
import { ASIA, BUCKET, CopyBench, EAST, HOME, nothingThere } from "../support/bake/copy-bench.ts";
import { dataOn, rootOn } from "../support/bake/image-owner.ts";
import { requireRoot } from "../support/suite/requirements.ts";

const describe = requireRoot();

/** How each copy came out: `us-east-2 copied`, `us-east-2 failed: ...`. */
const told = (copies: readonly RegionCopy[]) =>
  copies.map((copy) => `${copy.region} ${copy.outcome === "copied" ? "copied" : `failed: ${messageOf(copy.error)}`}`);

describe("omi copy", () => {
  let bench: CopyBench;
  let web: Image;
  beforeAll(async () => {
    bench = await CopyBench.open("region-copy");
    const [root, data] = [await bench.own.snapshot(), await bench.own.snapshot()];
    web = await bench.register({
      ImageName: "web",
      Description: "the web, in short",
      BootModes: ["uefi"],
      TpmMandatory: true,
      BlockDeviceMappings: [rootOn(root), dataOn("/dev/xvdb", data)],
    });
    const { api } = bench.own;
    await api.createTags({ ResourceIds: [web.ImageId], Tags: [{ Key: "team", Value: "web" }] });
    await api.createTags({ ResourceIds: [web.ImageId], Tags: [{ Key: "outscale-chroot:source", Value: "ami-1" }] });
    await api.createTags({ ResourceIds: [data], Tags: [{ Key: "disk", Value: "data" }] });
  });
  afterAll(() => bench[Symbol.asyncDispose]());
  afterEach(async () => {
    await bench.clear();
    expect(await bench.journals()).toEqual([]);
  });

  /** What a copy says of itself, without ids of its own. */
  async function facts(region: string) {
    const image = await bench.image(region, "web");
    const api = bench.api(region);
    const ids = image?.BlockDeviceMappings.flatMap(({ Bsu }) => Bsu?.SnapshotId ?? []) ?? [];
    const { Snapshots } = await api.readSnapshots({ Filters: { SnapshotIds: ids } });
    const snapshotTags = ids.map((id) => Snapshots.find(({ SnapshotId }) => SnapshotId === id)?.Tags);
    const { Architecture, BootModes, Description, ProductCodes, RootDeviceName, TpmMandatory, Tags } = image as Image;
    const mappings = image?.BlockDeviceMappings.map(({ Bsu, DeviceName }) => ({
      ...{ DeviceName, ...Bsu, SnapshotId: undefined },
    }));
    return {
      Architecture,
      BootModes,
      Description,
      ProductCodes,
      RootDeviceName,
      TpmMandatory,
      Tags,
      mappings,
      snapshotTags,
    };
  }

  it.each(["image", "snapshots"] as const)("brings the same disk and words into two regions, by %s", async (method) => {
    const asia = bench.region(ASIA).account("other").id;
    const grants = { accountIds: [asia], isPublic: false };
    const { copied, ui } = await bench.copy({
      method,
      targets: [{ region: EAST }, { region: ASIA, launch: grants, createVolume: grants }],
    });
    expect(told(copied.copies)).toEqual([`${EAST} copied`, `${ASIA} copied`]);
    expect(ui.lines.filter((line) => /^(warn|error)/.test(line))).toEqual([]);
    const home = await facts(HOME);
    expect(home.snapshotTags).toEqual([[], [{ Key: "disk", Value: "data" }]]);
    const source = await bench.export(HOME, web.ImageId);
    for (const copy of copied.copies) {
      if (copy.outcome !== "copied") throw copy.error;
      expect(copy).toMatchObject({ name: "web", differences: [] });
      expect(await facts(copy.region)).toEqual({ ...home, Tags: [{ Key: "team", Value: "web" }] });
      execFileSync("cmp", [source, await bench.export(copy.region, copy.imageId)]);
      expect(await bench.left(copy.region)).toMatchObject({ images: ["web"], snapshots: { length: 2 } });
    }
    const [east, there] = [await bench.image(EAST, "web"), await bench.image(ASIA, "web")];
    expect(east?.PermissionsToLaunch).toEqual({ AccountIds: [], GlobalPermission: false });
    expect(there?.PermissionsToLaunch).toEqual({ AccountIds: [asia], GlobalPermission: false });
    expect((await bench.left(HOME)).objects).toEqual([]);
  });

  it("makes a bucket and takes it away again, or keeps what was exported", async () => {
    const made = await bench.copy({ bucket: "made-for-it", createBucket: true });
    expect(told(made.copied.copies)).toEqual([`${EAST} copied`]);
    expect(await bench.storage(HOME).findBucket("made-for-it")).toBe("absent");
    await bench.clear();
    await bench.copy({ keepObjects: true, prefix: "kept/" });
    const { objects } = await bench.left(HOME);
    expect(objects).toHaveLength(3);
    expect(objects.every((key) => key.startsWith(`${BUCKET}/kept/`))).toBe(true);
  });

  it("leaves the others when one region fails, takes back what it had made there, and can be finished", async () => {
    bench.region(EAST).faults.add({ kind: "fail", transition: "image.pending" });
    const { copied } = await bench.copy({ targets: [{ region: EAST }, { region: ASIA }] });
    expect(told(copied.copies)).toEqual([
      expect.stringMatching(`${EAST} failed: .*It cannot be imported`),
      `${ASIA} copied`,
    ]);
    expect(await bench.left(EAST)).toEqual(nothingThere);
    expect((await bench.left(HOME)).objects).toEqual([]);
    expect(told((await bench.copy()).copied.copies)).toEqual([`${EAST} copied`]);
    expect((await bench.left(EAST)).images).toEqual(["web"]);
  });
});
