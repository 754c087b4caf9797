import { z } from "zod";
import { storageFailureOf } from "../../outscale/object-storage/storage-error.ts";
import { noFacts, type ResourceKind } from "../resource-kind.ts";
import { placeSchema } from "./place.ts";

/** A bucket that was not there before. */
const intent = z.strictObject({ place: placeSchema, bucket: z.string().min(1) });

/** It goes if it is empty: what somebody else has put there meanwhile is not ours. */
export const createdBucketKind: ResourceKind<z.infer<typeof intent>, z.infer<typeof noFacts>> = {
  name: "created-bucket",
  intent,
  facts: noFacts,
  releaseLabel: (id, { place }) => `Deleting the bucket ${id} in ${place.region}`,
  find: async (context, { place, bucket }) => {
    const { storage } = await context.regions.at(place);
    return (await storage.findBucket(bucket, context)) === "found" ? bucket : undefined;
  },
  release: async (context, { id, intent: { place } }) => {
    const { storage } = await context.regions.at(place);
    try {
      await storage.deleteBucket(id);
    } catch (error) {
      if (storageFailureOf(error)?.storageCode !== "BucketNotEmpty") throw error;
      context.ui.message(`The bucket ${id} stays: it is not empty`);
    }
  },
};
