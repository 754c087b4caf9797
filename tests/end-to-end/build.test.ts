import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Hook } from "../../src/builder/hook.ts";
import { type Bakery, nothing, openBakery, publicSource } from "../support/bake/bake.ts";
import { readDiskFile } from "../support/disks/disk-file.ts";
import { requireRoot } from "../support/suite/requirements.ts";

const describe = requireRoot();

/** Runs a line inside the image. */
const shell = (command: string): Hook => ({
  provision: async ({ communicator }) => void (await communicator.start({ command })),
});

describe("Builder on the local cloud", () => {
  let bakery: Bakery;
  beforeAll(async () => {
    bakery = await openBakery("build-test");
  });
  afterAll(() => bakery.close());

  it("bakes an OMI from a public one whose snapshot is not shared, and leaves nothing else", async () => {
    const hook: Hook = {
      provision: async (input) => {
        await shell("echo baked > /etc/baked && mkdir -p /srv").provision(input);
        await input.communicator.upload("/srv/hello.txt", Readable.from(["hello\n"]), { mode: 0o640 });
      },
    };
    const { artifact, events, ui } = await bakery.bake({ ...publicSource, omi_name: "first" }, { hook });
    const imageId = artifact?.product.imageId ?? "";
    expect(artifact?.id).toBe(`eu-west-2:${imageId}`);
    expect(ui.of("error")).toEqual([]);

    const { Images } = await bakery.api.readImages({ Filters: { ImageIds: [imageId] } });
    expect(Images[0]).toMatchObject({
      ImageName: "first",
      State: "available",
      BootModes: ["legacy", "uefi"],
      Tags: [],
    });
    const disk = await bakery.export(imageId);
    expect(await readDiskFile(disk, "/etc/baked")).toBe("baked\n");
    expect(await readDiskFile(disk, "/srv/hello.txt")).toBe("hello\n");

    const leftovers = await bakery.leftovers();
    expect(leftovers).toEqual({ ...nothing, images: [`${imageId} first`], snapshots: artifact?.product.snapshotIds });
    const steps = events.flatMap((event) => (event.type === "step-ended" ? [`${event.step} ${event.outcome}`] : []));
    expect(steps.every((step) => step.endsWith(" done"))).toBe(true);
    expect(steps).toContain("StepCopySourceOMI done");

    await artifact?.destroy();
    expect(await bakery.leftovers()).toEqual(nothing);
  });

  it("makes the volume straight from a snapshot of its own, without a copy", async () => {
    const { artifact: base } = await bakery.bake({ ...publicSource, omi_name: "base" });
    const before = bakery.cloud.requests.length;
    const { artifact } = await bakery.bake({
      ...publicSource,
      source_omi_filter: {},
      source_omi: base?.product.imageId ?? "",
      omi_name: "derived",
    });
    const calls = bakery.cloud.requests.slice(before).map(({ action }) => action);
    expect(calls.filter((action) => action === "CreateImage")).toHaveLength(1);
    await artifact?.destroy();
    await base?.destroy();
    expect(await bakery.leftovers()).toEqual(nothing);
  });

  it("leaves nothing when provisioning fails, and says where", async () => {
    const failing = bakery.bake({ ...publicSource, omi_name: "never" }, { hook: shell("exit 3") });
    await expect(failing).rejects.toThrow('"exit 3" failed in the image: exit code 3');
    expect(await bakery.leftovers()).toEqual(nothing);
  });

  it("refuses a name that is taken before it creates anything", async () => {
    const { artifact } = await bakery.bake({ ...publicSource, omi_name: "taken" });
    const before = bakery.cloud.requests.length;
    await expect(bakery.bake({ ...publicSource, omi_name: "taken" })).rejects.toMatchObject({
      code: "E_CONFIG",
      step: "StepPreValidate",
    });
    expect(bakery.cloud.requests.slice(before).every(({ action }) => action.startsWith("Read"))).toBe(true);
    await artifact?.destroy();
  });

  it("refuses a mapping over a snapshot that is not there before it creates anything", async () => {
    const before = bakery.cloud.requests.length;
    const mapping = { device_name: "/dev/xvdb", snapshot_id: "snap-00000000" };
    const failing = bakery.bake({ ...publicSource, omi_name: "unmapped", omi_block_device_mappings: [mapping] });
    await expect(failing).rejects.toMatchObject({
      problems: [{ option: "omi_block_device_mappings[0].snapshot_id" }],
      step: "StepPreValidate",
    });
    expect(bakery.cloud.requests.slice(before).every(({ action }) => action.startsWith("Read"))).toBe(true);
  });

  it("replaces an OMI of its name at the very end, with force_deregister", async () => {
    const { artifact: old } = await bakery.bake({ ...publicSource, omi_name: "same" });
    const config = { ...publicSource, omi_name: "same", force_deregister: true, force_delete_snapshot: true };
    const { artifact } = await bakery.bake(config);
    expect(artifact?.id).not.toBe(old?.id);
    const imageId = artifact?.product.imageId;
    expect(await bakery.leftovers()).toEqual({
      ...nothing,
      images: [`${imageId} same`],
      snapshots: artifact?.product.snapshotIds,
    });
    await artifact?.destroy();
  });

  it("keeps the linked volume after an aborted failure, for cleanup to remove", async () => {
    const config = { ...publicSource, omi_name: "kept", packer_on_error: "abort" };
    await expect(bakery.bake(config, { hook: shell("false") })).rejects.toThrow("false");
    const kept = await bakery.leftovers();
    expect([kept.volumes.length, kept.journals.length, kept.mounts]).toEqual([1, 1, []]);
    const [dry] = await bakery.cleanUp({ dryRun: true });
    expect(dry?.outcome).toBe("dry-run");
    expect((await bakery.leftovers()).volumes).toEqual(kept.volumes);
    const [cleaned] = await bakery.cleanUp();
    expect(cleaned?.outcome).toBe("cleaned");
    expect(await bakery.leftovers()).toEqual(nothing);
  });

  it("builds from scratch with the original's commands", async () => {
    const { artifact } = await bakery.bake({
      from_scratch: true,
      omi_name: "scratch",
      root_volume_size: 1,
      root_device_name: "/dev/sda1",
      omi_block_device_mappings: [{ device_name: "/dev/sda1", volume_type: "gp2" }],
      pre_mount_commands: [
        "parted {{.Device}} mklabel msdos mkpart primary 1M 100% set 1 boot on print",
        "partprobe",
        "mkfs.ext4 {{.Device}}1",
      ],
      post_mount_commands: ["echo {{.Device}} > {{.MountPath}}/device"],
      boot_check: "off",
    });
    const disk = await bakery.export(artifact?.product.imageId ?? "");
    expect(await readDiskFile(disk, "/device")).toMatch(/\/links\/[0-9a-f]{12}\/xvdf\n$/);
    await artifact?.destroy();
    expect(await bakery.leftovers()).toEqual(nothing);
  });
});
