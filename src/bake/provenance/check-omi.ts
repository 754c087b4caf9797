import { snapshotIdsOf } from "../../builder/resources/image.ts";
import type { OmiReference } from "../../evidence/provenance/omi-reference.ts";
import { ProvenanceError } from "../../evidence/provenance/provenance-error.ts";
import type { OpenAccount } from "../open-account.ts";

/**
 * Asks the account whether an OMI is there, made of these snapshots and no other of the account's.
 * @returns what was seen, for people
 * @throws {ProvenanceError} when it is not
 */
export async function checkOmi(
  { api, region }: Pick<OpenAccount, "api" | "region">,
  { region: where, accountId, imageId, snapshotIds }: OmiReference,
): Promise<string> {
  if (region !== where) {
    throw new ProvenanceError(`${imageId} is in the region ${where}, and the credentials are of ${region}`);
  }
  const { Images } = await api.readImages({ Filters: { ImageIds: [imageId] } });
  const image = Images.find(({ ImageId }) => ImageId === imageId);
  if (image === undefined)
    throw new ProvenanceError(`There is no OMI ${imageId} in ${region} that this account may see`);
  const problems: string[] = [];
  if (image.State !== "available") problems.push(`it is ${image.State}`);
  if (image.AccountId !== accountId) problems.push(`it belongs to the account ${image.AccountId}, not to ${accountId}`);
  const mapped = [...new Set(snapshotIdsOf(image))];
  const missing = snapshotIds.filter((id) => !mapped.includes(id));
  if (missing.length > 0) problems.push(`it is not made of ${missing.join(", ")}`);
  const others = mapped.filter((id) => !snapshotIds.includes(id));
  const added = others.length === 0 ? [] : await ownedBy(api, others, accountId);
  if (added.length > 0) problems.push(`it is also made of ${added.join(", ")}`);
  if (problems.length > 0)
    throw new ProvenanceError(`The OMI ${imageId} is not the one that was built: ${problems.join("; ")}`);
  return `${imageId} of the account ${accountId}, made of ${snapshotIds.join(", ") || "no snapshot of its own"}`;
}

/** A statement names a build's own snapshots; those of others, which its source had mapped, it does not. */
async function ownedBy(api: OpenAccount["api"], ids: readonly string[], accountId: string): Promise<readonly string[]> {
  const { Snapshots } = await api.readSnapshots({ Filters: { SnapshotIds: [...ids], AccountIds: [accountId] } });
  return Snapshots.filter(({ AccountId }) => AccountId === accountId).map(({ SnapshotId }) => SnapshotId);
}
