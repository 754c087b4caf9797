import { describe, expect, it } from "vitest";
import { refusal } from "../../../tests/support/builder/api-objects.ts";
import { fakeBuild } from "../../../tests/support/builder/fake-build.ts";
import { updateOmiAttributes } from "./update-omi-attributes.ts";

const ids = { imageId: "ami-1", snapshotId: "snap-1" };
const api = { updateImage: () => ({}), updateSnapshot: () => ({}) };

describe("updateOmiAttributes()", () => {
  it("sends nothing where nothing was asked for", async () => {
    await using fake = await fakeBuild({ api });
    await updateOmiAttributes(fake.build, ids);
    expect([fake.calls, fake.ui.lines]).toEqual([[], []]);
  });

  it("grants launching and creating volumes to two sets of accounts", async () => {
    const config = { omi_account_ids: ["111111111111"], snapshot_account_ids: ["222222222222", "333333333333"] };
    await using fake = await fakeBuild({ config, api });
    await updateOmiAttributes(fake.build, ids);
    expect(fake.calls).toEqual([
      ["updateImage", { ImageId: "ami-1", PermissionsToLaunch: { Additions: { AccountIds: ["111111111111"] } } }],
      [
        "updateSnapshot",
        {
          SnapshotId: "snap-1",
          PermissionsToCreateVolume: { Additions: { AccountIds: ["222222222222", "333333333333"] } },
        },
      ],
    ]);
  });

  it("makes public what is to be public", async () => {
    await using fake = await fakeBuild({ config: { global_permission: true, snapshot_groups: ["all"] }, api });
    await updateOmiAttributes(fake.build, ids);
    expect(fake.calls).toEqual([
      ["updateImage", { ImageId: "ami-1", PermissionsToLaunch: { Additions: { GlobalPermission: true } } }],
      [
        "updateSnapshot",
        { SnapshotId: "snap-1", PermissionsToCreateVolume: { Additions: { GlobalPermission: true } } },
      ],
    ]);
  });

  it("goes no further when a permission is refused", async () => {
    const updateImage = () => {
      throw refusal("UpdateImage");
    };
    await using fake = await fakeBuild({
      config: { omi_account_ids: ["111111111111"], snapshot_groups: ["all"] },
      api: { ...api, updateImage },
    });
    await expect(updateOmiAttributes(fake.build, ids)).rejects.toMatchObject({ step: "StepUpdateOMIAttributes" });
    expect(fake.calls.map(([call]) => call)).toEqual(["updateImage"]);
  });
});
