import { describe, expect, it } from "vitest";
import { image, otherAccount, ownAccount, snapshot, sourceOmi } from "../../../tests/support/builder/api-objects.ts";
import { type FakeBuildOptions, fakeBuild } from "../../../tests/support/builder/fake-build.ts";
import { WaitError } from "../../outscale/errors.ts";
import { copySourceOmi } from "./copy-source-omi.ts";

const dataMapping = { DeviceName: "/dev/xvdb", Bsu: { SnapshotId: "snap-data", VolumeSize: 5 } };
const withData = { BlockDeviceMappings: [...image().BlockDeviceMappings, dataMapping] };
const foreign = snapshot({ AccountId: otherAccount });
const shared = snapshot({ AccountId: otherAccount, PermissionsToCreateVolume: { AccountIds: [ownAccount] } });
const isPublic = snapshot({ AccountId: otherAccount, PermissionsToCreateVolume: { GlobalPermission: true } });

/** A cloud that copies: the copy has snapshots of its own. */
function copyingCloud(): NonNullable<FakeBuildOptions["api"]> {
  const bsu = (id: string, size: number) => ({ SnapshotId: id, VolumeSize: size, VolumeType: "gp2" });
  const copy = image({
    ImageId: "ami-copy",
    ImageName: "Debian-copy-0123456789ab",
    AccountId: ownAccount,
    BlockDeviceMappings: [
      { DeviceName: "/dev/sda1", Bsu: bsu("snap-copied-root", 10) },
      { DeviceName: "/dev/xvdb", Bsu: bsu("snap-copied-data", 5) },
    ],
  });
  const images = new Map<string, unknown>();
  const snapshots = new Map([["snap-source01", foreign]]);
  for (const SnapshotId of ["snap-copied-root", "snap-copied-data"])
    snapshots.set(SnapshotId, snapshot({ SnapshotId }));
  return {
    createImage: () => {
      images.set("ami-copy", copy);
      return { Image: copy };
    },
    readImages: () => ({ Images: [...images.values()] }),
    readSnapshots: ({ Filters }: { Filters: { SnapshotIds: string[] } }) => ({
      Snapshots: Filters.SnapshotIds.flatMap((id) => snapshots.get(id) ?? []),
    }),
    deleteImage: ({ ImageId }: { ImageId: string }) => {
      images.delete(ImageId);
      return {};
    },
    deleteSnapshot: ({ SnapshotId }: { SnapshotId: string }) => {
      snapshots.delete(SnapshotId);
      return {};
    },
  };
}

describe("copySourceOmi()", () => {
  it.each([
    ["the account's own", snapshot()],
    ["shared with it", shared],
    ["public", isPublic],
  ])("copies nothing when the root snapshot is %s", async (_what, root) => {
    await using fake = await fakeBuild({ api: { readSnapshots: () => ({ Snapshots: [root] }) } });
    const scopes = { temporary: fake.scope, undo: fake.scope };
    const source = await copySourceOmi(fake.build, { source: sourceOmi(), ...scopes });
    expect(source.rootSnapshotId).toBe("snap-source01");
    await source.releaseCopy();
    expect(fake.calls.map(([call]) => call)).toEqual(["readSnapshots"]);
  });

  it("asks for the data snapshots, too, that the new OMI maps", async () => {
    await using fake = await fakeBuild({ api: { readSnapshots: () => ({ Snapshots: [snapshot()] }) } });
    const input = { source: sourceOmi(withData), temporary: fake.scope, undo: fake.scope };
    await expect(copySourceOmi(fake.build, input)).rejects.toThrow("The test has no answer to createImage");
    expect(fake.calls[0]).toEqual(["readSnapshots", { Filters: { SnapshotIds: ["snap-source01", "snap-data"] } }]);
  });

  it("copies the OMI, says of itself what the original says, and keeps what is mapped when the copy goes", async () => {
    await using fake = await fakeBuild({ api: copyingCloud() });
    const undo = fake.build.scope("undo", { onFailure: "throw" });
    const source = await copySourceOmi(fake.build, { source: sourceOmi(withData), temporary: fake.scope, undo });
    expect(fake.calls.find(([call]) => call === "createImage")?.[1]).toEqual({
      ImageName: "Debian-copy-0123456789ab",
      SourceImageId: "ami-0a1b2c3d",
      SourceRegionName: "eu-west-2",
    });
    expect(source).toMatchObject({ rootSnapshotId: "snap-copied-root", image: { ImageId: "ami-0a1b2c3d" } });
    await source.releaseCopy();
    const deleted = fake.calls.filter(([call]) => call.startsWith("delete"));
    expect(deleted).toEqual([
      ["deleteImage", { ImageId: "ami-copy" }],
      ["deleteSnapshot", { SnapshotId: "snap-copied-root" }],
    ]);
    expect(fake.entries()).toEqual([
      { type: "intent", seq: 1, kind: "copied-image", intent: { name: "Debian-copy-0123456789ab" } },
      { type: "result", seq: 1, id: "ami-copy" },
      { type: "facts", seq: 1, facts: { snapshotIds: ["snap-copied-root", "snap-copied-data"] } },
      { type: "intent", seq: 2, kind: "snapshot", intent: { clientToken: null } },
      { type: "result", seq: 2, id: "snap-copied-data" },
      { type: "facts", seq: 1, facts: { keptSnapshotIds: ["snap-copied-data"] } },
      { type: "released", seq: 1 },
    ]);
    expect([fake.scope.size, undo.size]).toEqual([0, 1]);
  });

  it("refuses a root snapshot that is broken", async () => {
    const broken = snapshot({ State: "error" });
    await using fake = await fakeBuild({ api: { readSnapshots: () => ({ Snapshots: [broken] }) } });
    const input = { source: sourceOmi(), temporary: fake.scope, undo: fake.scope };
    await expect(copySourceOmi(fake.build, input)).rejects.toThrow(WaitError);
    expect(fake.entries()).toEqual([]);
  });
});
