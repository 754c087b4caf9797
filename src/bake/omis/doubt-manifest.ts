import { WaitError, WentBackError } from "../../outscale/errors.ts";

/** How the service says that it could not import something. */
const FAILED = ["failed", "error"];

/**
 * What was not written by an export looks to the service like an export that it cannot read. The advice is of no use for what
 * has gone wrong otherwise: a deletion that was given up, or an import that somebody has deleted.
 * @throws what it is given, with that advice where the import itself has failed
 */
export function doubtManifest(error: unknown): never {
  if (!(error instanceof WaitError) || error instanceof WentBackError || !FAILED.includes(error.lastState)) throw error;
  const { message, resourceId = "", lastState, cause } = error;
  throw new WaitError(message, {
    ...{ resourceId, lastState, cause },
    hint: "See whether that is the manifest of an export, whether its disks are still beside it, and whether its URLs have expired",
  });
}
