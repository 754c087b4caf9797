import type { FoundProduct } from "../../builder/region-copy/missing-copies.ts";
import { RegionCopyError } from "../../builder/region-copy/region-copy-error.ts";
import { systemClock } from "../../common/clock.ts";
import { FleetError } from "../../common/errors.ts";
import type { JobMessage, SentResult } from "../queue/messages.ts";
import { sentErrorOf } from "../queue/sent-error.ts";

/**
 * The result of a build whose OMI stands, and whose machine or process ended before it could tell. What only that knew is
 * lost: evidence, provenance, its record, and the source among the data of post-processors. Without all of its copies it has
 * failed, as one that could not make them.
 */
export function productResult(
  job: JobMessage,
  { worker, runId, found }: { readonly worker: string; readonly runId: string; readonly found: FoundProduct },
): SentResult {
  const { region, runUuid } = job;
  const { product, missing } = found;
  const source = { SourceOMI: "", SourceOMIName: "", SourceOMIOwner: "", SourceOMICreationDate: "" };
  const data = { ID: "", ConnType: "chroot", Device: "", MountPath: "", BuildRegion: region, ...source } as const;
  return {
    ...{ outcome: missing === undefined ? "done" : "failed", runId, worker, endedAt: systemClock.now() },
    artifact: { region, product, data: { ...data, PackerRunUUID: runUuid } },
    error: missing && sentErrorOf(missingError(missing, runId)),
    ...{ evidence: undefined, provenance: undefined, record: undefined },
  };
}

function missingError({ regions, command }: NonNullable<FoundProduct["missing"]>, runId: string): RegionCopyError {
  const lost = new FleetError("the process of the build was lost before it was whole");
  const error = new RegionCopyError(
    regions.map((region) => ({ region, error: lost })),
    { retry: command, cleanup: `outscale-chroot cleanup ${runId}` },
  );
  error.step = "StepCopyRegions";
  return error;
}
