import { createHash } from "node:crypto";
import type { ProvenanceStatement, ResourceDescriptor } from "./statement.ts";

/** The name of the digest of an OMI, which has no digest of its own. */
const OMI_DIGEST = "outscaleOmi";

/** An OMI by what never changes of it. */
export interface OmiReference {
  readonly region: string;
  /** Whose it is. */
  readonly accountId: string;
  readonly imageId: string;
  /** Snapshots that its disks are made from. */
  readonly snapshotIds: readonly string[];
}

/**
 * SHA-256, in hexadecimal, of the OMI's description: JSON without spaces, its names in this order, its snapshots sorted.
 *
 * The service tells no digest of a disk. It gives an id to one OMI and one snapshot only, and neither can be changed, so
 * the ids stand for the content as long as the service is trusted.
 */
function omiDigest({ region, accountId, imageId, snapshotIds }: OmiReference): string {
  const description = { accountId, imageId, region, snapshotIds: [...new Set(snapshotIds)].sort() };
  return createHash("sha256").update(JSON.stringify(description)).digest("hex");
}

/** The OMI as an artifact that a statement speaks of. */
export function omiDescriptor(
  omi: OmiReference,
  annotations: Readonly<Record<string, unknown>>,
): ProvenanceStatement["subject"][number] {
  const { region, accountId, imageId, snapshotIds } = omi;
  const id = `${region}:${imageId}`;
  return {
    name: id,
    uri: `outscale-omi:${id}`,
    digest: { [OMI_DIGEST]: omiDigest(omi) },
    annotations: { region, accountId, imageId, snapshotIds: [...new Set(snapshotIds)].sort(), ...annotations },
  };
}

/** @returns undefined when it is no OMI, or its digest is not that of its description */
export function omiOf({ annotations = {}, digest }: ResourceDescriptor): OmiReference | undefined {
  const { region, accountId, imageId, snapshotIds } = annotations;
  if (typeof region !== "string" || typeof accountId !== "string" || typeof imageId !== "string") return undefined;
  if (!Array.isArray(snapshotIds) || !snapshotIds.every((id): id is string => typeof id === "string")) return undefined;
  const omi = { region, accountId, imageId, snapshotIds };
  return digest?.[OMI_DIGEST] === omiDigest(omi) ? omi : undefined;
}
