import type { Cloud } from "./cloud.ts";
import { LocalCloudError } from "./local-cloud-error.ts";

/** What can become of a VM; `forgotten` is what a terminated one comes to after a while: no answer shows it. */
export type VmStateName = "running" | "stopped" | "shutting-down" | "terminated" | "forgotten";

/**
 * Puts a VM into a state, as somebody with the right to it does on the platform. The volumes of one that is terminated are
 * unlinked. Whatever stands for it on this machine is not touched: end its programs before.
 * @throws {LocalCloudError} when there is no such VM
 */
export function setVmState({ store, lifecycle }: Pick<Cloud, "store" | "lifecycle">, vmId: string, state: VmStateName) {
  const vm = store.vms.get(vmId);
  if (vm === undefined) throw new LocalCloudError(`The local cloud has no VM ${vmId}`);
  if (state === "forgotten") {
    store.vms.delete(vmId);
    return;
  }
  store.vms.put({ ...vm, api: { ...vm.api, State: state } });
  if (state !== "terminated") return;
  for (const volume of store.volumes.values()) {
    const [linked] = volume.api.LinkedVolumes;
    if (linked?.VmId !== vmId || linked.State === "detaching" || volume.isVmRoot) continue;
    store.volumes.put({ ...volume, api: { ...volume.api, LinkedVolumes: [{ ...linked, State: "detaching" }] } });
    lifecycle.start("link", volume.id);
  }
}
