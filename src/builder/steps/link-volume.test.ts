import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { builderVm, lostAnswer, refusal, rootVolume, volume } from "../../../tests/support/builder/api-objects.ts";
import { fakeBuild } from "../../../tests/support/builder/fake-build.ts";
import { TimeoutError } from "../../common/errors.ts";
import { linkVolume } from "./link-volume.ts";

const link = { DeviceName: "/dev/xvdf", State: "attached", VmId: "i-1", VolumeId: "vol-1" };
const linked = volume({ State: "in-use", LinkedVolumes: [link] });
const intent = { volumeId: "vol-1", vmId: "i-1", deviceName: "/dev/xvdf" };

/**
 * A machine whose kernel shows one disk: /dev/null plays it, as a test without root may open that one exclusively.
 * @param serial As what it was linked
 */
function machine(folder: string, serial: string | undefined) {
  const sysfs = join(folder, "sys");
  const disk = join(sysfs, "block/null");
  mkdirSync(disk, { recursive: true });
  const sectors = (rootVolume.sizeGib * 1024 ** 3) / 512;
  const files = { dev: "1:3", size: String(sectors), diskseq: "7", ...(serial && { serial }) };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(disk, name), `${content}\n`);
  return {
    deviceName: "/dev/xvdf",
    before: { deviceFolder: folder, sysfs, identities: new Set<string>() },
    isProvable: true,
  };
}

describe("linkVolume()", () => {
  it("links, waits for the link, finds the disk by its serial, and writes down where it is", async () => {
    await using fake = await fakeBuild({ api: { linkVolume: () => ({}), readVolumes: () => ({ Volumes: [linked] }) } });
    const choice = machine(fake.folder, "sdf");
    const input = { vm: builderVm, volume: rootVolume, choice, linked: fake.scope };
    expect(await linkVolume(fake.build, input)).toMatchObject({ deviceName: "/dev/xvdf", path: "/dev/null" });
    expect(fake.calls[0]).toEqual(["linkVolume", { VolumeId: "vol-1", VmId: "i-1", DeviceName: "/dev/xvdf" }]);
    expect(fake.entries()).toEqual([
      { type: "intent", seq: 1, kind: "link", intent },
      { type: "result", seq: 1, id: "vol-1" },
      { type: "facts", seq: 1, facts: { device: "/dev/null" } },
    ]);
    expect(fake.ui.lines).toEqual([
      "say: Linking the volume vol-1 as /dev/xvdf...",
      "message: Linked: /dev/xvdf is /dev/null on this VM (found by serial)",
    ]);
  });

  it.each([
    [true, ["accepted", "seen"]],
    [false, ["seen"]],
  ])(
    "says that the name is taken as soon as the service knows, if the disk can prove itself: %s",
    async (isProvable, said) => {
      const order: string[] = [];
      const readVolumes = () => {
        order.push("seen");
        return { Volumes: [linked] };
      };
      await using fake = await fakeBuild({ api: { linkVolume: () => ({}), readVolumes } });
      const choice = { ...machine(fake.folder, "sdf"), isProvable };
      const onAccepted = async () => void order.push("accepted");
      await linkVolume(fake.build, { vm: builderVm, volume: rootVolume, choice, linked: fake.scope, onAccepted });
      expect(order).toEqual(said);
    },
  );

  it("takes a link for made whose answer was lost, and makes no second one", async () => {
    const api = {
      linkVolume: () => {
        throw lostAnswer("LinkVolume");
      },
      readVolumes: () => ({ Volumes: [linked] }),
    };
    await using fake = await fakeBuild({ api });
    const choice = machine(fake.folder, "sdf");
    await linkVolume(fake.build, { vm: builderVm, volume: rootVolume, choice, linked: fake.scope });
    expect(fake.calls.filter(([call]) => call === "linkVolume")).toHaveLength(1);
    expect(fake.scope.size).toBe(1);
  });

  it("holds nothing when the link is refused", async () => {
    const refuse = () => {
      throw refusal("LinkVolume", "9063");
    };
    await using fake = await fakeBuild({ api: { linkVolume: refuse } });
    const input = { vm: builderVm, volume: rootVolume, choice: machine(fake.folder, "sdf"), linked: fake.scope };
    await expect(linkVolume(fake.build, input)).rejects.toMatchObject({ step: "StepLinkVolume" });
    expect([fake.scope.size, fake.build.journal.hasOpenResources]).toEqual([0, false]);
  });

  it("keeps the link for its scope when the disk that shows up is another", async () => {
    const api = { linkVolume: () => ({}), readVolumes: () => ({ Volumes: [linked] }) };
    await using fake = await fakeBuild({ config: { timeouts: { link: "1s" } }, api });
    const input = { vm: builderVm, volume: rootVolume, choice: machine(fake.folder, "sdg"), linked: fake.scope };
    await expect(linkVolume(fake.build, input)).rejects.toThrow(TimeoutError);
    expect([fake.scope.size, fake.build.journal.hasOpenResources]).toEqual([1, true]);
  });
});
