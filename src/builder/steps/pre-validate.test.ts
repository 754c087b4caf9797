import { describe, expect, it } from "vitest";
import { image, ownAccount, snapshot } from "../../../tests/support/builder/api-objects.ts";
import { fakeBuild } from "../../../tests/support/builder/fake-build.ts";
import { ConfigError } from "../../common/errors.ts";
import { preValidate } from "./pre-validate.ts";

const own = image({ ImageId: "ami-own", ImageName: "web", AccountId: ownAccount });

describe("preValidate()", () => {
  it("asks the account for its own OMIs of that very name", async () => {
    const similar = image({ ImageName: "web-2", AccountId: ownAccount });
    const foreign = image({ ImageName: "web" });
    await using fake = await fakeBuild({ api: { readImages: () => ({ Images: [similar, foreign] }) } });
    expect(await preValidate(fake.build, { omiName: "web" })).toBeUndefined();
    expect(fake.calls).toEqual([["readImages", { Filters: { AccountIds: [ownAccount], ImageNames: ["web"] } }]]);
    expect(fake.ui.of("say")).toEqual(['Checking that the OMI name "web" is free...']);
  });

  it("refuses a name that is taken", async () => {
    await using fake = await fakeBuild({ api: { readImages: () => ({ Images: [own] }) } });
    const failure = await preValidate(fake.build, { omiName: "web" }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ConfigError);
    expect(failure).toMatchObject({ resourceId: "ami-own", step: "StepPreValidate" });
  });

  it("gives the OMI that force_deregister replaces", async () => {
    await using fake = await fakeBuild({
      config: { force_deregister: true },
      api: { readImages: () => ({ Images: [own] }) },
    });
    expect(await preValidate(fake.build, { omiName: "web" })).toBe(own);
    expect(fake.ui.of("message")).toEqual(["ami-own has this name and will be replaced at the end"]);
  });

  it("asks nothing when no OMI is to be made", async () => {
    await using fake = await fakeBuild({ config: { skip_create_omi: true } });
    expect(await preValidate(fake.build, { omiName: "web" })).toBeUndefined();
    expect(fake.calls).toEqual([]);
  });

  it("names each mapping whose snapshot the account cannot use, and asks once for all of them", async () => {
    const mapping = (name: string, id: string) => ({ device_name: name, snapshot_id: id });
    const omi_block_device_mappings = [
      mapping("/dev/xvdb", "snap-0000000a"),
      mapping("/dev/xvdc", "snap-0000000b"),
      mapping("/dev/xvdd", "snap-0000000b"),
    ];
    await using fake = await fakeBuild({
      config: { omi_block_device_mappings },
      api: { readSnapshots: () => ({ Snapshots: [snapshot({ SnapshotId: "snap-0000000a" })] }) },
    });
    const failure = await preValidate(fake.build, { omiName: "web" }).catch((error: unknown) => error);
    expect((failure as ConfigError).problems.map(({ option }) => option)).toEqual([
      "omi_block_device_mappings[1].snapshot_id",
      "omi_block_device_mappings[2].snapshot_id",
    ]);
    expect(fake.calls).toEqual([["readSnapshots", { Filters: { SnapshotIds: ["snap-0000000a", "snap-0000000b"] } }]]);
  });
});
