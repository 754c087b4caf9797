import { VersionsStayError } from "../../outscale/object-storage/storage-error.ts";
import type { ReleaseContext } from "../resource-kind.ts";

/**
 * Warns of versions that a bucket does not let us remove, and goes on: no later try would do better, and what they are of is
 * hidden. Whoever owns the bucket may remove them.
 */
export async function unlessVersionsStay(removing: Promise<void>, { ui }: Pick<ReleaseContext, "ui">): Promise<void> {
  try {
    await removing;
  } catch (error) {
    if (!(error instanceof VersionsStayError)) throw error;
    ui.warn(`${error.message}. ${error.hint}`);
  }
}
