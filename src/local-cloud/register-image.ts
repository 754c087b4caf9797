import type { Image, PermissionsOnResource, ResourceTag } from "../outscale/oapi.ts";
import { type Cloud, newId, timestamp } from "./cloud.ts";
import type { ImageRecord } from "./records.ts";
import { Refusal } from "./refusal.ts";

/** What the ways to make an image differ in. */
export type ImageParts = Pick<
  Image,
  "Architecture" | "BlockDeviceMappings" | "BootModes" | "ProductCodes" | "RootDeviceName" | "State" | "TpmMandatory"
> &
  Pick<ImageRecord, "importFrom">;

type NewImage = ImageParts & {
  readonly name: string;
  readonly description?: string | undefined;
  /** Nobody but the owner when absent. */
  readonly permissions?: PermissionsOnResource;
  readonly tags?: ResourceTag[];
};

/** No quota of images is known; this keeps the memory they take bounded. */
const MOST_IMAGES = 5_000;

/**
 * Refuses one more image to an account that has very many.
 * @throws {Refusal} `too-many-images`
 */
export function checkImageCount({ store }: Cloud, accountId: string): void {
  if (store.images.values().filter((image) => image.accountId === accountId).length < MOST_IMAGES) return;
  throw new Refusal("too-many-images", `An account has at most ${MOST_IMAGES} images`);
}

/** Stores an image and begins what it waits for. */
export function registerImage(cloud: Cloud, accountId: string, input: NewImage): Image {
  const { name, description, permissions, tags, importFrom, ...parts } = input;
  const id = newId("ami");
  const alias = cloud.accounts.aliasOf(accountId);
  const api: Image = {
    ...parts,
    ImageId: id,
    ImageName: name,
    ImageType: "machine",
    Description: description ?? "",
    AccountId: accountId,
    ...(alias === undefined ? {} : { AccountAlias: alias }),
    CreationDate: timestamp(cloud),
    FileLocation: `${alias ?? accountId}/${name}`,
    RootDeviceType: "bsu",
    SecureBoot: false,
    StateComment: {},
    PermissionsToLaunch: permissions ?? { AccountIds: [], GlobalPermission: false },
    Tags: tags ?? [],
  };
  cloud.store.images.put({ id, accountId, api, ...(importFrom && { importFrom }) });
  cloud.unseen.made("image", id);
  cloud.lifecycle.start("image", id);
  return api;
}
