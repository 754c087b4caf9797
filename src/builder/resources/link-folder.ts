import { z } from "zod";
import { removeDeviceLinks } from "../../host/device-links.ts";
import { absolutePath } from "../journal/absolute-path.ts";
import { noFacts, type ResourceKind } from "../resource-kind.ts";

/** Our links to the device and its partitions, by which a template's `{{.Device}}1` works under every kernel name. */
const intent = z.strictObject({ folder: absolutePath });

export const linkFolderKind: ResourceKind<z.infer<typeof intent>, z.infer<typeof noFacts>> = {
  name: "device-links",
  intent,
  facts: noFacts,
  isOfMachine: true,
  isMadeInSteps: true,
  releaseLabel: (id) => `Removing the device links in ${id}`,
  find: async (_context, { folder }) => folder,
  release: async (_context, { intent: { folder } }) => removeDeviceLinks(folder),
};
