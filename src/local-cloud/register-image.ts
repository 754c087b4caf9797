import type { Image, PermissionsOnResource } from "../outscale/oapi.ts";
import { type Cloud, newId, timestamp } from "./cloud.ts";

/** What the ways to make an image differ in. */
export type ImageParts = Pick<
  Image,
  "Architecture" | "BlockDeviceMappings" | "BootModes" | "ProductCodes" | "RootDeviceName" | "State" | "TpmMandatory"
>;

type NewImage = ImageParts & {
  readonly name: string;
  readonly description?: string | undefined;
  /** Nobody but the owner when absent. */
  readonly permissions?: PermissionsOnResource;
};

/** Stores an image and begins what it waits for. */
export function registerImage(cloud: Cloud, accountId: string, input: NewImage): Image {
  const { name, description, permissions, ...parts } = input;
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
    Tags: [],
  };
  cloud.store.images.put({ id, accountId, api });
  cloud.lifecycle.start("image", id);
  return api;
}
