import { z } from "zod";
import { noFacts, type ResourceKind } from "../resource-kind.ts";
import { placeSchema } from "./place.ts";
import { unlessVersionsStay } from "./versions-stay.ts";

/** An empty object that shows whether a bucket can be written. */
const intent = z.strictObject({ place: placeSchema, bucket: z.string().min(1), key: z.string().min(1) });

export const probeKind: ResourceKind<z.infer<typeof intent>, z.infer<typeof noFacts>> = {
  name: "probe",
  intent,
  facts: noFacts,
  releaseLabel: (id, { place }) => `Deleting the probe ${id} in ${place.region}`,
  find: async (context, { place, bucket, key }) => {
    const { storage } = await context.regions.at(place);
    return (await storage.head({ bucket, key }, context)) === undefined ? undefined : `${bucket}/${key}`;
  },
  release: async (context, { intent: { place, bucket, key } }) => {
    const { storage } = await context.regions.at(place);
    await unlessVersionsStay(storage.remove({ bucket, key }), context);
  },
};
