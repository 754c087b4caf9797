import { z } from "zod";
import { messageOf } from "../../common/errors.ts";
import { joinKey } from "../../outscale/object-storage/addresses.ts";
import { StorageError, storageFailureOf } from "../../outscale/object-storage/storage-error.ts";
import { noFacts, type ReleaseContext, type ResourceKind } from "../resource-kind.ts";
import { RunsOnError } from "../runs-on-error.ts";
import { type ExportTask, exportsInto } from "./export-tasks.ts";
import { placeSchema } from "./place.ts";
import type { RegionCloud } from "./region-clouds.ts";

/** A bucket that was not there before. */
const intent = z.strictObject({
  place: placeSchema,
  bucket: z.string().min(1),
  /** What the run puts there is below it, in names that begin with the run's id. */
  prefix: z.string(),
});

/**
 * It goes if it is empty, and nothing is on its way to it: what somebody else has put there meanwhile is not ours, and an export
 * of somebody else's fails when its bucket goes.
 */
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
    const cloud = await context.regions.at(place);
    const bucket = { id, where: `The bucket ${id} in ${place.region}`, own: joinKey(prefix, context.runId) };
    const reason = (await whoWrites(context, cloud, bucket)) ?? (await deleteEmpty(context, cloud, bucket));
    if (reason === undefined) return;
    const whose = "No run deletes it any more: delete it yourself when nobody needs it";
    context.ui.warn(`${bucket.where} stays: ${reason}. ${whose}`);
  },
};

interface CreatedBucket {
  readonly id: string;
  readonly where: string;
  /** All keys of the run begin with it. */
  readonly own: string;
}

/**
 * Why the bucket is still written to, by others.
 * @throws {RunsOnError} when the run itself does: it goes later, with what is written then
 */
async function whoWrites(
  { signal }: ReleaseContext,
  cloud: RegionCloud,
  { id, where, own }: CreatedBucket,
): Promise<string | undefined> {
  const { tasks, unseen } = await exportsInto(cloud, { bucket: id, signal });
  const ours = tasks.filter(({ OsuExport }) => OsuExport?.OsuPrefix?.startsWith(own));
  if (ours.length > 0) {
    const message = `${where} cannot go yet: the run's own export ${namesOf(ours)} writes into it`;
    throw new RunsOnError(message, { leftovers: [`bucket ${id}`], resourceId: id });
  }
  if (tasks.length > 0) return `the export ${namesOf(tasks)} writes into it`;
  return unseen === undefined ? undefined : `whether an export writes into it cannot be seen (${messageOf(unseen)})`;
}

function namesOf(tasks: readonly ExportTask[]): string {
  return tasks.map(({ TaskId }) => TaskId).join(", ");
}

/** @returns why it did not go */
async function deleteEmpty(
  context: ReleaseContext,
  { storage }: RegionCloud,
  { id, where, own }: CreatedBucket,
): Promise<string | undefined> {
  try {
    await storage.deleteBucket(id);
    return undefined;
  } catch (error) {
    const failure = storageFailureOf(error);
    if (failure?.storageCode !== "BucketNotEmpty") throw error;
    for await (const { key } of storage.list(id, own, context)) {
      throw new StorageError(failure, `${where} cannot go yet: it has the run's ${key}`);
    }
    return "it is not empty";
  }
}
