import { execFileSync } from "node:child_process";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { exportOmi } from "../../src/bake/omis/export-omi.ts";
import { importOmi } from "../../src/bake/omis/import-omi.ts";
import type { RegionCopy } from "../../src/builder/region-copy/copy-image.ts";
import { RegionCopyError } from "../../src/builder/region-copy/region-copy-error.ts";
import { omi } from "../../src/cli/commands/omi.ts";
import { messageOf } from "../../src/common/errors.ts";
import type { Image } from "../../src/outscale/oapi.ts";
import { bytesSource } from "../../src/outscale/object-storage/object-source.ts";
import { ASIA, BUCKET, CopyBench, EAST, HOME, nothingThere } from "../support/bake/copy-bench.ts";
import { hastyClock } from "../support/bake/hasty-clock.ts";
import { dataOn, rootOn } from "../support/bake/image-owner.ts";
import { requireRoot } from "../support/suite/requirements.ts";
import { recordingIo } from "../support/terminal/recording-io.ts";
import { RecordingUi } from "../support/terminal/recording-ui.ts";

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

  it("leaves the bucket that it has made to a copy that is on its way into it", async () => {
    const [home, east] = [bench.region(HOME), bench.region(EAST)];
    const storage = bench.storage(HOME);
    const shared = { bucket: "shared", createBucket: true };
    east.faults.add({ kind: "stuck", transition: "image.pending" });
    const first = bench.copy({ ...shared, targets: [{ region: EAST }] });
    await expect
      .poll(async () => (await bench.api(EAST).readImages({})).Images.map(({ State }) => State))
      .toContain("pending");
    home.faults.add({ kind: "stuck", transition: "image-export.pending/queued" });
    const second = bench.copy({ ...shared, targets: [{ region: ASIA }] });
    const exporting = async () => {
      const { ImageExportTasks } = await bench.api(HOME).readImageExportTasks({});
      return ImageExportTasks.filter(({ State }) => State === "pending/queued").map(({ TaskId }) => TaskId);
    };
    await expect.poll(exporting).toHaveLength(1);
    const [task] = await exporting();
    east.faults.clear();
    const { copied, ui } = await first;
    expect(told(copied.copies)).toEqual([`${EAST} copied`]);
    expect(ui.lines.filter((line) => /^(warn|error)/.test(line))).toEqual([
      expect.stringContaining(
        `warn: The bucket shared in ${HOME} stays: the export ${task} writes into it. No run deletes it`,
      ),
    ]);
    home.faults.clear();
    expect(told((await second).copied.copies)).toEqual([`${ASIA} copied`]);
    await storage.deleteBucket("shared"); // it is empty
  });

  it("goes into a bucket, and out of it into any region, with what only a person knows", async () => {
    const home = { env: bench.bakery.env, ui: new RecordingUi() };
    const exported = await exportOmi({ ...home, omi: web.ImageId, bucket: BUCKET });
    expect(exported).toMatchObject({ imageId: web.ImageId, region: HOME, bucket: BUCKET });
    expect((await bench.left(HOME)).objects).toEqual(exported.keys.map((key) => `${BUCKET}/${key}`).sort());
    const imported = await importOmi({
      ...home,
      ...{ profile: EAST, env: { OSC_CONFIG_FILE: bench.bakery.env.OSC_CONFIG_FILE, ...bench.stateVariable } },
      from: { bucket: BUCKET, key: exported.manifest, region: HOME },
      ...{ name: "web", bootModes: ["uefi"], tpmMandatory: true, tags: [{ Key: "from", Value: "a bucket" }] },
    });
    expect(imported).toMatchObject({ name: "web", region: EAST, differences: [] });
    const image = await bench.image(EAST, "web");
    expect(image).toMatchObject({
      BootModes: ["uefi"],
      TpmMandatory: true,
      Tags: [{ Key: "from", Value: "a bucket" }],
    });
    execFileSync("cmp", [await bench.export(HOME, web.ImageId), await bench.export(EAST, imported.imageId)]);
    // Whose URL it is makes no difference, and nobody gets to see it.
    const url = bench.storage(HOME).presign({ bucket: BUCKET, key: exported.manifest }, 600);
    await importOmi({ ...home, from: { url }, name: "web-by-url" });
    expect(home.ui.lines.join()).not.toContain("Signature");
    expect(await bench.image(HOME, "web-by-url")).toMatchObject({ BootModes: ["legacy"] });
    await bench.remove(HOME, "web-by-url");
  });

  it("is exported in the format that was asked for", async () => {
    const { faults, requests } = bench.region(HOME);
    faults.add({ kind: "fail", transition: "image-export.pending/queued" });
    const env = { env: bench.bakery.env, ui: new RecordingUi() };
    await expect(exportOmi({ ...env, omi: "web", bucket: BUCKET, format: "raw" })).rejects.toThrow(
      "did not become completed",
    );
    const asked = requests.filter(({ action }) => action === "CreateImageExportTask").at(-1);
    expect(asked?.body).toMatchObject({ OsuExport: { DiskImageFormat: "raw" } });
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

  it.each([
    [false, 4],
    [true, 2],
  ])(
    "replaces the OMI of the name there when it is told to; its snapshots go: %s",
    async (forceDeleteSnapshot, left) => {
      await bench.copy();
      const old = await bench.image(EAST, "web");
      await expect(bench.copy()).rejects.toThrow(/already has an OMI named "web" .*-force/);
      const { copied, ui } = await bench.copy({ force: true, forceDeleteSnapshot });
      expect(told(copied.copies)).toEqual([`${EAST} copied`]);
      expect(ui.of("say")).toContain(`Deregistering the old OMI ${old?.ImageId} (web) in ${EAST}...`);
      expect(await bench.left(EAST)).toMatchObject({ images: ["web"], snapshots: { length: left } });
      expect((await bench.image(EAST, "web"))?.ImageId).not.toBe(old?.ImageId);
    },
  );

  it("deletes the snapshots of the OMI that it has replaced, not those of one that had the name before", async () => {
    await bench.copy();
    await bench.copy({ name: "web-2" });
    const snapshotsOf = (image: Image | undefined) =>
      image?.BlockDeviceMappings.flatMap(({ Bsu }) => Bsu?.SnapshotId ?? []) ?? [];
    const [first, second] = [await bench.image(EAST, "web"), await bench.image(EAST, "web-2")];
    const { faults } = bench.region(EAST);
    const api = bench.api(EAST);
    faults.add({ kind: "stuck", transition: "image.pending", times: 100 });
    const swap = async () => {
      for (const image of [first, second]) await api.deleteImage({ ImageId: image?.ImageId ?? "" });
      await api.createImage({ ImageName: "web", BlockDeviceMappings: second?.BlockDeviceMappings ?? [] });
      faults.clear();
    };
    let swapping: Promise<void> | undefined;
    const onProgress = (subject: string) => {
      if (subject.startsWith("the import")) swapping ??= swap();
    };
    const { copied } = await bench.copy({ force: true, forceDeleteSnapshot: true, onProgress });
    await swapping;
    expect(told(copied.copies)).toEqual([`${EAST} copied`]);
    const { snapshots } = await bench.left(EAST);
    expect(snapshots.toSorted()).toEqual(
      [...snapshotsOf(first), ...snapshotsOf(await bench.image(EAST, "web"))].toSorted(),
    );
  });

  it("has the old OMI there again when its successor cannot be registered", async () => {
    await bench.copy();
    bench.region(EAST).faults.add({ kind: "too-many-snapshots", action: "CreateImage", skip: 1 });
    const { copied } = await bench.copy({ force: true });
    expect(copied.copies).toMatchObject([{ outcome: "failed", isSomethingLeft: false }]);
    expect(await bench.left(EAST)).toMatchObject({ images: ["web"], snapshots: { length: 2 } });
  });

  it("says what of a bucket is tried again, and in which region", async () => {
    bench.region(HOME).faults.add({ kind: "throttled", action: "ListObjectsV2" });
    const { copied, ui } = await bench.copy({ clock: hastyClock() });
    expect(told(copied.copies)).toEqual([`${EAST} copied`]);
    expect(ui.of("message")).toContainEqual(
      expect.stringMatching(`^ListObjectsV2 in ${HOME}: retrying 2 of 8 in .*SlowDown`),
    );
  });

  it("tells when something of a region that failed could not be taken back", async () => {
    bench.region(EAST).faults.add({ kind: "internal-error", action: "DeleteImage", times: 1_000 });
    const { copied } = await bench.copy({ clock: hastyClock() });
    expect(copied).toMatchObject({ copies: [{ outcome: "failed", isSomethingLeft: true }], isSomethingLeft: true });
    bench.clearFaults();
    await bench.cleanUp();
    expect(await bench.left(EAST)).toEqual(nothingThere);
  });

  describe("at the command line", () => {
    /** What a command writes, and how it ends. */
    async function run(action: string, ...argv: readonly string[]) {
      const io = recordingIo({ env: bench.bakery.env });
      const command = omi.actions?.[action];
      const error = await command?.run({ argv: [...argv], io, runPlugin: async () => 0 }).then(
        () => undefined,
        (error: unknown) => error,
      );
      return { ...io.written, error };
    }

    it("prints the copies, for people and for programs", async () => {
      const { stdout, error } = await run("copy", "-to", `${EAST},${ASIA}`, "-bucket", BUCKET, "web");
      expect(error).toBeUndefined();
      expect(stdout).toMatch(/us-east-2 +ami-[0-9a-f]{8} +snap-[0-9a-f]{8}, snap-[0-9a-f]{8}\n/);
      bench.region(ASIA).faults.add({ kind: "fail", transition: "image.pending" });
      const more = ["-name", "web-2", "-json"];
      const failed = await run("copy", "-to", `${EAST},${ASIA}`, "-bucket", BUCKET, ...more, web.ImageId);
      expect(JSON.parse(failed.stdout)).toMatchObject({
        ...{ imageId: web.ImageId, region: HOME },
        copies: [
          { region: EAST, outcome: "copied", name: "web-2", error: null },
          { region: ASIA, outcome: "failed", error: { code: "E_WAIT" } },
        ],
      });
      expect(failed.error).toBeInstanceOf(RegionCopyError);
      const hint = `outscale-chroot omi copy -to ${ASIA} -bucket ${BUCKET} -name web-2 ${web.ImageId}`;
      expect(failed.error).toMatchObject({ exitCode: 6, hint: expect.stringContaining(hint) });
    });

    it.each<[string, string, readonly string[]]>([
      ["No region is named", "copy", ["-bucket", BUCKET, "web"]],
      ["is named twice", "copy", ["-to", EAST, "-to", EAST, "-bucket", BUCKET, "web"]],
      [`The OMI is in ${HOME} already`, "copy", ["-to", HOME, "-bucket", BUCKET, "web"]],
      ["No bucket is named", "copy", ["-to", EAST, "web"]],
      ["is no bucket's name", "copy", ["-to", EAST, "-bucket", "No", "web"]],
      ["One OMI is copied, not 2", "copy", ["-to", EAST, "-bucket", BUCKET, "web", "db"]],
      ["must be REGION=VALUE", "copy", ["-to", EAST, "-share", "1", "-bucket", BUCKET, "web"]],
      ["-to does not name", "copy", ["-to", EAST, "-share", `${ASIA}=123456789012`, "-bucket", BUCKET, "web"]],
      ["is no account", "copy", ["-to", EAST, "-share", `${EAST}=12`, "-bucket", BUCKET, "web"]],
      ["The OMI's name must have 3", "copy", ["-to", EAST, "-name", "w", "-bucket", BUCKET, "web"]],
      [
        "-force-delete-snapshot needs -force",
        "copy",
        ["-to", EAST, "-force-delete-snapshot", "-bucket", BUCKET, "web"],
      ],
      ['has no OMI "absent"', "copy", ["-to", EAST, "-bucket", BUCKET, "absent"]],
      ["no credentials for eu-west-9", "copy", ["-to", "eu-west-9", "-bucket", BUCKET, "web"]],
      [
        "is of us-east-2, and not of",
        "copy",
        ["-to", ASIA, "-region-profile", `${ASIA}=${EAST}`, "-bucket", BUCKET, "web"],
      ],
      ["The prefix of the exported objects", "copy", ["-to", EAST, "-bucket", BUCKET, "-prefix", "a/../b", "web"]],
      ["The prefix of the exported objects", "export", ["-bucket", BUCKET, "-prefix", "/a", "web"]],
      ["There is no bucket", "copy", ["-to", EAST, "-bucket", "not-there", "web"]],
      ["There is no bucket", "export", ["-bucket", "not-there", "web"]],
      ["The OMI has no name", "import", [`${BUCKET}/manifest.json`]],
      ["There is no object", "import", ["-name", "web-3", `${BUCKET}/manifest.json`]],
      ["or remove that one first)", "import", ["-name", "web", `${BUCKET}/manifest.json`]],
      ["is neither a URL nor", "import", ["-name", "web-3", "manifest.json"]],
      ["Standard input has no manifest", "import", ["-name", "web-3", "-"]],
      ["not for a URL", "import", ["-name", "web-3", "-from", EAST, "http://127.0.0.1/a/b"]],
    ])("refuses before anything is made: %s", async (message, action, argv) => {
      const before = await bench.left(HOME);
      const { error } = await run(action, ...argv);
      expect(messageOf(error)).toContain(message);
      expect(await bench.left(HOME)).toEqual(before);
      for (const region of [EAST, ASIA]) expect(await bench.left(region)).toEqual(nothingThere);
    });

    it("tells everything that is refused at once", async () => {
      await bench.copy({ targets: [{ region: EAST }] });
      const there = ["-to", `${EAST},eu-west-9`];
      const copied = await run("copy", ...there, "-bucket", "not-there", "web");
      expect(copied.error).toMatchObject({ code: "E_CONFIG" });
      const said = messageOf(copied.error);
      expect(said).toContain(`bucket: There is no bucket "not-there" in ${HOME} (Name one that is there`);
      expect(said).toContain(`${EAST}: the account ${bench.region(EAST).account("builder").id} already has an OMI`);
      expect(said).toContain("eu-west-9: There are no credentials");
      const imported = await run("import", "-name", "web", `${BUCKET}/manifest.json`);
      expect(messageOf(imported.error)).toMatch(/manifest: There is no object[\s\S]*name: the account .* already has/);
    });
  });
});

describe("omi import", () => {
  it("counts every disk of the manifest, wherever that is, before anything is made", async () => {
    await using bench = await CopyBench.open("region-copy-quota", { quotas: { snapshot_limit: 3 } });
    const mappings = [rootOn(await bench.own.snapshot()), dataOn("/dev/xvdb", await bench.own.snapshot())];
    await bench.register({ ImageName: "web", BlockDeviceMappings: mappings });
    const here = { env: bench.bakery.env, ui: new RecordingUi() };
    const { manifest: key } = await exportOmi({ ...here, omi: "web", bucket: BUCKET });
    const url = bench.storage(HOME).presign({ bucket: BUCKET, key }, 600);
    const before = await bench.left(HOME);
    for (const from of [{ bucket: BUCKET, key }, { url }]) {
      const importing = importOmi({ ...here, from, name: "web-again" });
      await expect(importing).rejects.toThrow(`by snapshot_limit in ${HOME}, has 2, and needs 2 more`);
    }
    expect(await bench.left(HOME)).toEqual(before);
  });

  it("asks whether it is a manifest when the service can make nothing of it, and leaves nothing", async () => {
    await using bench = await CopyBench.open("region-copy-manifest");
    await bench.storage(HOME).put({ bucket: BUCKET, key: "notes.json" }, bytesSource("{}"));
    const before = await bench.left(HOME);
    const here = { env: bench.bakery.env, ui: new RecordingUi() };
    const importing = importOmi({ ...here, from: { bucket: BUCKET, key: "notes.json" }, name: "web" });
    await expect(importing).rejects.toMatchObject({
      code: "E_WAIT",
      hint: expect.stringContaining("See whether that is the manifest of an export"),
    });
    expect(await bench.left(HOME)).toEqual(before);
  });
});
