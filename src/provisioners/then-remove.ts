import type { Communicator } from "../chroot/communicator.ts";
import { ProvisionError } from "../common/errors.ts";
import { quoteWord } from "../host/shell-quote.ts";

/**
 * Removes something of ours from the image when the body is done, also when it failed or was stopped: a retry may follow,
 * and what is left would be in the OMI.
 * @throws {ProvisionError} when it cannot be removed
 */
export async function thenRemove(
  path: string,
  { communicator }: { readonly communicator: Communicator },
  body: () => Promise<void>,
): Promise<void> {
  try {
    await body();
  } catch (error) {
    await remove(path, communicator).catch(() => undefined); // the failure of the body is the one to tell
    throw error;
  }
  await remove(path, communicator);
}

/** Without the build's signal, which may have fired. */
async function remove(path: string, communicator: Communicator): Promise<void> {
  const { code } = await communicator.start({ command: `rm -rf ${quoteWord(path)}`, okExitCodes: "any" });
  if (code !== 0) throw new ProvisionError(`Cannot remove "${path}" from the image`);
}
