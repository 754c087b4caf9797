import type { Communicator } from "../chroot/communicator.ts";

/**
 * Lets a body put something of ours at a path of the image, and removes it when the body is done, also when that failed
 * or was stopped: a retry may follow, and what is left would be in the OMI. Files are overwritten first, as there may be
 * secrets in them. Provisioning may have mounted something over
 * the path's folder meanwhile; what is below that goes all the same.
 * @throws {TransferError} when it cannot be removed
 */
export async function withTemporary(
  path: string,
  { communicator }: { readonly communicator: Communicator },
  body: () => Promise<void>,
): Promise<void> {
  const place = await communicator.reserve(path);
  try {
    await body();
  } catch (error) {
    await place.remove().catch(() => undefined); // the failure of the body is the one to tell
    throw error;
  }
  await place.remove();
}
