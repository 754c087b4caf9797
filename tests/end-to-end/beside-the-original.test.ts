import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { BuildEvent } from "../../src/builder/events.ts";
import { type Bakery, openBakery, publicSource } from "../support/bake/bake.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

/**
 * The original chooses a device name by what this machine shows, under its lock. Ours may link several volumes at once,
 * whose devices are not here yet: the original must not choose then.
 */
requirePrograms("flock")("builds beside the original's plugin", () => {
  let bakery: Bakery;
  beforeEach(async () => {
    bakery = await openBakery("beside-original");
  });
  afterEach(() => bakery.close());

  it("keep it from choosing a name while theirs are not to be seen, and do not wait for each other", async () => {
    const lockFile = join(bakery.folder, "cloud/dev.lock");
    /** As the original takes it, but without waiting. */
    const isFree = () => spawnSync("flock", ["--exclusive", "--nonblock", lockFile, "true"]).status === 0;
    // A disk that says what it was linked as: then the others have to say it, too.
    const { Vms } = await bakery.api.readVms({});
    const vmId = Vms[0]?.VmId ?? "";
    const SubregionName = Vms[0]?.Placement?.SubregionName ?? "";
    const { Volume } = await bakery.api.createVolume({ SubregionName, Size: 1 });
    await bakery.cloud.idle();
    await bakery.api.linkVolume({ VolumeId: Volume.VolumeId, VmId: vmId, DeviceName: "/dev/xvdz" });
    await bakery.cloud.idle();

    bakery.cloud.faults.add({ kind: "stuck", transition: "link.attaching", times: 2 });
    const accepted = meeting(2);
    const onEvent = (event: BuildEvent) => {
      if (event.type === "api-call" && event.action === "LinkVolume" && event.status === 200) accepted.come();
    };
    const builds = ["one", "two"].map((name) => bakery.bake({ ...publicSource, omi_name: name }, { onEvent }));
    await Promise.race([accepted.all, ...builds]); // both are linked, and no device is here
    expect(isFree()).toBe(false);
    bakery.cloud.faults.clear();
    await Promise.all(builds);
    expect(isFree()).toBe(true);
    const names = bakery.cloud.requests.filter(({ action }) => action === "LinkVolume").map(({ status }) => status);
    expect(names).toEqual([200, 200, 200]);
  });
});

function meeting(expected: number) {
  let open: () => void = () => undefined;
  const all = new Promise<void>((resolve) => {
    open = resolve;
  });
  let present = 0;
  const come = () => {
    if (++present === expected) open();
  };
  return { all, come };
}
