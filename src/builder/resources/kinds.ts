import type { z } from "zod";
import { PARSED_ONCE } from "../../common/parsed-once.ts";
import { schemaProblems } from "../../common/schema-problems.ts";
import type { JsonObject } from "../journal/entry.ts";
import { createdBucketKind } from "../region-copy/created-bucket.ts";
import { exportedObjectsKind } from "../region-copy/exported-objects.ts";
import { importedImageKind } from "../region-copy/imported-image.ts";
import { probeKind } from "../region-copy/probe.ts";
import { regionImageKind, regionReplacedImageKind, regionSnapshotKind } from "../region-copy/region-kinds.ts";
import type { ReleaseContext, ResourceKind } from "../resource-kind.ts";
import { folderKind } from "./folder.ts";
import { copiedImageKind, imageKind } from "./image.ts";
import { linkKind } from "./link.ts";
import { linkFolderKind } from "./link-folder.ts";
import { mountKind } from "./mount.ts";
import { prunedImageKind } from "./pruned-image.ts";
import { replacedImageKind } from "./replaced-image.ts";
import { snapshotKind } from "./snapshot.ts";
import { temporaryFolderKind } from "./temporary-folder.ts";
import { volumeKind } from "./volume.ts";

/** A resource that a journal names, with what its kind can do. */
export interface Recorded {
  label(id: string): string;
  find(context: ReleaseContext): Promise<string | undefined>;
  /** @param madeAt It was made no later than that */
  release(context: ReleaseContext, id: string, madeAt: number): Promise<void>;
  /** It was on the machine of its run, and of nothing else. */
  readonly isOfMachine: boolean;
  /** The release by another machine, when the run's VM is gone for good. */
  releaseOfGoneVm(context: ReleaseContext, id: string, madeAt: number): Promise<void>;
  /** The same with more facts. @throws {Error} when they are none of its kind */
  noting(facts: JsonObject): Recorded;
}

const readers: ReadonlyMap<string, (intent: JsonObject) => Recorded> = new Map([
  reader(volumeKind),
  reader(linkKind),
  reader(linkFolderKind),
  reader(folderKind),
  reader(mountKind),
  reader(snapshotKind),
  reader(copiedImageKind),
  reader(imageKind),
  reader(replacedImageKind),
  reader(prunedImageKind),
  reader(temporaryFolderKind),
  reader(createdBucketKind),
  reader(probeKind),
  reader(exportedObjectsKind),
  reader(importedImageKind),
  reader(regionImageKind),
  reader(regionReplacedImageKind),
  reader(regionSnapshotKind),
]);

/**
 * What a journal says of a resource.
 * @throws {Error} when there is no such kind, or it is not described as its kind is
 */
export function recordOf(kind: string, intent: JsonObject): Recorded {
  const read = readers.get(kind);
  if (read === undefined) throw new Error(`a newer version made the ${kind}: use that one`);
  return read(intent);
}

function reader<Intent extends JsonObject, Facts extends JsonObject>(
  kind: ResourceKind<Intent, Facts>,
): [string, (intent: JsonObject) => Recorded] {
  return [kind.name, (intent) => recorded(kind, parse(kind.intent, intent), {})];
}

function recorded<Intent extends JsonObject, Facts extends JsonObject>(
  kind: ResourceKind<Intent, Facts>,
  intent: Intent,
  facts: Partial<Facts>,
): Recorded {
  return {
    label: (id) => kind.releaseLabel(id, intent),
    find: (context) => kind.find(context, intent),
    release: (context, id, madeAt) => kind.release(context, { id, intent, facts, madeAt }),
    isOfMachine: kind.isOfMachine === true,
    releaseOfGoneVm: (context, id, madeAt) => {
      const held = { id, intent, facts, madeAt };
      return kind.releaseOfGoneVm ? kind.releaseOfGoneVm(context, held) : kind.release(context, held);
    },
    noting: (more) => recorded(kind, intent, { ...facts, ...parse(kind.facts, more) }),
  };
}

function parse<Value>(schema: z.ZodType<Value>, value: unknown): Value {
  const parsed = schema.safeParse(value, PARSED_ONCE);
  if (parsed.success) return parsed.data;
  throw new Error(schemaProblems(parsed.error).join("; "));
}
