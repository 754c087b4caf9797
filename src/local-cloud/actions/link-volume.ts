import { slotOf } from "../../common/device-slot.ts";
import { timestamp } from "../cloud.ts";
import { checkDeviceName } from "../device-names.ts";
import { Refusal } from "../refusal.ts";
import { recordUnfinishedSnapshots } from "../violations.ts";
import { ownVm, ownVolume } from "./access.ts";
import type { Handler } from "./call.ts";

/** The root volume included. @see OUTSCALE, "About Volumes" */
export const MOST_VOLUMES = 40;

/** Links a volume to a VM of the same subregion. The VM is checked before the volume, as the platform does. */
export const linkVolume: Handler<"LinkVolume"> = (call, { VmId, VolumeId, DeviceName }) => {
  const { cloud } = call;
  const vm = ownVm(call, VmId);
  const volume = ownVolume(call, VolumeId);
  checkDeviceName(DeviceName);
  if (vm.api.State !== "running" && vm.api.State !== "stopped") {
    throw new Refusal("bad-vm-state", `The VM ${VmId} is ${vm.api.State}`);
  }
  if (volume.api.State !== "available")
    throw new Refusal("bad-volume-state", `The volume ${VolumeId} is ${volume.api.State}`);
  if (volume.api.SubregionName !== vm.api.Placement?.SubregionName) {
    throw new Refusal("other-subregion", `The volume is in ${volume.api.SubregionName}, the VM is not`);
  }
  checkSlot(call, VmId, DeviceName);
  recordUnfinishedSnapshots(cloud, "LinkVolume", VolumeId);
  const linked = { DeleteOnVmDeletion: false, DeviceName, State: "attaching", VmId, VolumeId };
  cloud.store.volumes.put({
    ...volume,
    linkDate: timestamp(cloud),
    api: { ...volume.api, State: "in-use", LinkedVolumes: [linked] },
  });
  cloud.unseen.made("link", VolumeId);
  cloud.lifecycle.start("link", VolumeId);
  return {};
};

function checkSlot({ cloud }: Parameters<typeof linkVolume>[0], vmId: string, deviceName: string): void {
  const names = cloud.store.volumes
    .values()
    .flatMap(({ api }) => api.LinkedVolumes)
    .filter(({ VmId }) => VmId === vmId)
    .map(({ DeviceName }) => DeviceName);
  const taken = names.find((name) => slotOf(name) === slotOf(deviceName));
  if (taken) throw new Refusal("device-taken", `A volume is linked to ${vmId} as ${taken}`);
  if (names.length >= MOST_VOLUMES) throw new Refusal("too-many-volumes", `A VM has at most ${MOST_VOLUMES} volumes`);
}
