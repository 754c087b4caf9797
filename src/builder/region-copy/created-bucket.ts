import { z } from "zod";
import { joinKey } from "../../outscale/object-storage/addresses.ts";
import { StorageError, storageFailureOf } from "../../outscale/object-storage/storage-error.ts";
import { noFacts, type ResourceKind } from "../resource-kind.ts";
import { placeSchema } from "./place.ts";

/** A bucket that was not there before. */
const intent = z.strictObject({
  place: placeSchema,
  bucket: z.string().min(1),
  /** What the run puts there is below it, in names that begin with the run's id. */
  prefix: z.string(),
});

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
  release: async (context, { id, intent: { place, prefix } }) => {
    const { storage } = await context.regions.at(place);
    try {
      await storage.deleteBucket(id);
    } catch (error) {
      const failure = storageFailureOf(error);
      if (failure?.storageCode !== "BucketNotEmpty") throw error;
      for await (const { key } of storage.list(id, joinKey(prefix, context.runId), context)) {
        throw new StorageError(failure, `The bucket ${id} in ${place.region} cannot go yet: it has the run's ${key}`);
      }
      context.ui.message(`The bucket ${id} stays: it is not empty`);
    }
  },
};
