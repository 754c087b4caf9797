import { removeDeviceLinks } from "../../host/device-links.ts";
import type { ResourceKind } from "../resource-kind.ts";

/** Our links to the device and its partitions, by which a template's `{{.Device}}1` works under every kernel name. */
export type DeviceLinksIntent = { readonly folder: string };

export const deviceLinksKind: ResourceKind<DeviceLinksIntent> = {
  name: "device-links",
  releaseLabel: (id) => `Removing the device links in ${id}`,
  find: async (_context, { folder }) => folder,
  release: async (_context, { id }) => removeDeviceLinks(id),
};
