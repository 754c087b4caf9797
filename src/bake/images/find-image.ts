import { UsageError } from "../../common/errors.ts";
import { readAccountId } from "../../outscale/account-id.ts";
import type { Image } from "../../outscale/oapi.ts";
import type { OpenAccount } from "../open-account.ts";

/**
 * The OMI of an id or of a name, which is unique within an account; the account's own comes first.
 * @throws {UsageError} when there is none, or others have several of that name
 * @throws {CancelledError} as soon as the signal fires
 */
export async function findImage(
  { api }: OpenAccount,
  idOrName: string,
  options: { readonly signal: AbortSignal },
): Promise<Image> {
  const isId = /^ami-[0-9a-f]+$/.test(idOrName);
  const filters = isId ? { ImageIds: [idOrName] } : { ImageNames: [idOrName] };
  const { Images } = await api.readImages({ Filters: filters }, options);
  const available = Images.filter(({ State }) => State === "available");
  const [first, ...others] = available;
  if (first === undefined) {
    const hint = "Give the id or the name of an OMI of this region, or the path of a disk file";
    throw new UsageError(`There is no available OMI "${idOrName}"`, { hint });
  }
  if (others.length === 0) return first;
  const accountId = await readAccountId(api, options);
  const own = available.filter((image) => image.AccountId === accountId);
  if (own[0] !== undefined && own.length === 1) return own[0];
  const ids = available.map(({ ImageId, AccountId }) => `${ImageId} of ${AccountId}`).join(", ");
  throw new UsageError(`Several OMIs are called "${idOrName}": ${ids}`, { hint: "Give the id" });
}
