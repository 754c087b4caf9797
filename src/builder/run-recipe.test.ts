import { describe, expect, it } from "vitest";
import { image, otherAccount, snapshot, vm } from "../../tests/support/builder/api-objects.ts";
import { fakeBuild } from "../../tests/support/builder/fake-build.ts";
import { ConfigError } from "../common/errors.ts";
import { runRecipe } from "./run-recipe.ts";

/** An account with a source whose snapshot is not shared, so that a build would copy it. */
const api = {
  readVms: () => ({ Vms: [vm()] }),
  readImages: ({ Filters }: { Filters: { ImageIds?: string[] } }) => ({ Images: Filters.ImageIds ? [image()] : [] }),
  readSnapshots: () => ({ Snapshots: [snapshot({ AccountId: otherAccount })] }),
};

describe("runRecipe()", () => {
  it.each([
    ["a volume that cannot be", { root_volume_type: "io1" }, "root_volume_type"],
    [
      "an OMI without what is built",
      { omi_block_device_mappings: [{ device_name: "/dev/sda1", no_device: true }] },
      "omi_block_device_mappings",
    ],
    [
      "an OMI whose root is smaller than the volume",
      { omi_block_device_mappings: [{ device_name: "/dev/sda1", volume_size: 5 }] },
      "omi_block_device_mappings",
    ],
  ])("refuses %s before it copies or creates anything", async (_what, config, option) => {
    await using fake = await fakeBuild({ config: { vm_id: "i-0a0a0a0a", ...config }, api });
    const failure = await runRecipe(fake.build).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ConfigError);
    expect((failure as ConfigError).problems).toMatchObject([{ option }]);
    expect(fake.calls.filter(([call]) => !call.startsWith("read"))).toEqual([]);
    expect(fake.entries()).toEqual([]);
  });
});
