import { findOwnImage } from "../../builder/resources/image.ts";
import { UsageError } from "../../common/errors.ts";
import type { Api } from "../../outscale/api.ts";
import type { Image } from "../../outscale/oapi.ts";

export interface Account {
  readonly api: Pick<Api, "readImages">;
  readonly accountId: string;
  readonly signal: AbortSignal;
}

/**
 * An OMI of the account's own, by its id or its name, which is unique there.
 * @throws {UsageError} when there is none, it is another account's, or it is not `available`
 */
export async function findOwnOmi(account: Account, wanted: string): Promise<Image> {
  const { api, accountId, signal } = account;
  const byId = /^ami-[0-9a-f]+$/.test(wanted)
    ? (await api.readImages({ Filters: { ImageIds: [wanted] } }, { signal })).Images[0]
    : undefined;
  const image = byId ?? (await findOwnImage(account, wanted));
  if (image === undefined) {
    const hint = "outscale-chroot omi list shows the account's own";
    throw new UsageError(`The account ${accountId} has no OMI "${wanted}"`, { hint });
  }
  if (image.AccountId !== accountId) {
    const hint = "The service exports only an account's own: copy it in its region first, then that copy";
    throw new UsageError(`The OMI ${image.ImageId} is of the account ${image.AccountId}`, { hint });
  }
  if (image.State === "available") return image;
  throw new UsageError(`The OMI ${image.ImageId} is ${image.State}`, { hint: "Wait until it is available" });
}
