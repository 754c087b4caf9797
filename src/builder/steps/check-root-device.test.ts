import { describe, expect, it } from "vitest";
import { image } from "../../../tests/support/builder/api-objects.ts";
import { fakeBuild } from "../../../tests/support/builder/fake-build.ts";
import { ConfigError } from "../../common/errors.ts";
import { checkRootDevice, rootOf } from "./check-root-device.ts";

describe("checkRootDevice()", () => {
  it("gives the root of the source, and asks nobody", async () => {
    await using fake = await fakeBuild();
    expect(await checkRootDevice(fake.build, { image: image() })).toMatchObject({
      rootDeviceName: "/dev/sda1",
      rootSnapshotId: "snap-source01",
      rootMapping: { Bsu: { VolumeSize: 10 } },
    });
    expect(fake.calls).toEqual([]);
  });

  it("names every option that does not fit the source", async () => {
    await using fake = await fakeBuild({ config: { root_volume_size: 5, root_device_name: "/dev/xvdb" } });
    const failure = await checkRootDevice(fake.build, { image: image() }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ConfigError);
    expect((failure as ConfigError).problems.map(({ option }) => option)).toEqual([
      "root_device_name",
      "root_volume_size",
    ]);
  });
});

describe("rootOf()", () => {
  it.each(["bsu", "ebs"])("takes a root of type %s", (RootDeviceType) => {
    expect(rootOf(image({ RootDeviceType })).rootSnapshotId).toBe("snap-source01");
  });

  it.each([
    [{ RootDeviceType: "instance-store" }, 'ami-0a1b2c3d has a root device of type "instance-store"'],
    [{ BlockDeviceMappings: [] }, "ami-0a1b2c3d has no snapshot for its root device /dev/sda1"],
  ])("refuses %j", (changes, message) => {
    expect(() => rootOf(image(changes))).toThrow(message);
  });
});
