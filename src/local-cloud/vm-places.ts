import { join } from "node:path";
import type { Cloud } from "./cloud.ts";

/** A VM of the builder's account, with what stands for it on this machine. */
export interface VmPlace {
  readonly vmId: string;
  /** The base URL of its metadata service, without `/latest`. */
  readonly metadataEndpoint: string;
  /** What stands for its `/dev`. */
  readonly deviceFolder: string;
}

/** The VMs, the one on which builds run first. */
export function vmIdsOf({ store }: Pick<Cloud, "store">): string[] {
  return store.vms.values().map(({ id }) => id);
}

/** Where the device links of a VM lie. The first VM's place needs no id: it is in the environment of builds. */
export function deviceFolderOf(cloud: Pick<Cloud, "store" | "settings">, vmId: string): string {
  const { stateFolder } = cloud.settings;
  return isFirst(cloud, vmId) ? join(stateFolder, "dev") : join(stateFolder, "vms", vmId, "dev");
}

/** @param url Of the server */
export function placesOf(cloud: Pick<Cloud, "store" | "settings">, url: string): VmPlace[] {
  return vmIdsOf(cloud).map((vmId) => ({
    vmId,
    metadataEndpoint: isFirst(cloud, vmId) ? url : `${url}/vms/${vmId}`,
    deviceFolder: deviceFolderOf(cloud, vmId),
  }));
}

function isFirst(cloud: Pick<Cloud, "store">, vmId: string): boolean {
  return vmId === (vmIdsOf(cloud)[0] ?? vmId);
}
