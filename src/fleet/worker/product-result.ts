import type { Product } from "../../builder/publish-omi.ts";
import { systemClock } from "../../common/clock.ts";
import type { JobMessage, SentResult } from "../queue/messages.ts";

/**
 * The result of a build whose OMI stands, and whose machine or process ended before it could tell. What only that knew is
 * lost: evidence, provenance, its record, and the source among the data of post-processors.
 */
export function productResult(
  job: JobMessage,
  { worker, runId, product }: { readonly worker: string; readonly runId: string; readonly product: Product },
): SentResult {
  const { region, runUuid } = job;
  const source = { SourceOMI: "", SourceOMIName: "", SourceOMIOwner: "", SourceOMICreationDate: "" };
  const data = { ID: "", ConnType: "chroot", Device: "", MountPath: "", BuildRegion: region, ...source } as const;
  return {
    ...{ outcome: "done", runId, worker, endedAt: systemClock.now() },
    artifact: { region, product, data: { ...data, PackerRunUUID: runUuid } },
    ...{ error: undefined, evidence: undefined, provenance: undefined, record: undefined },
  };
}
