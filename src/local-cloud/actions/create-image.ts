import { Refusal } from "../refusal.ts";
import { checkImageCount, registerImage } from "../register-image.ts";
import type { Handler } from "./call.ts";
import { checkImageName, nameOfCopy } from "./image-name.ts";
import { imageParts } from "./image-parts.ts";

/**
 * Registers an image: of snapshots, of a VM, or as a copy of an image that the account may launch (whose snapshots need
 * not be shared with it). A copy and an image of a VM have snapshots of their own and are `pending` until those are cut.
 */
export const createImage: Handler<"CreateImage"> = (call, request) => {
  const { cloud, account } = call;
  const name = request.ImageName ?? (request.SourceImageId && nameOfCopy(call, request.SourceImageId));
  if (!name) throw new Refusal("bad-parameter", "ImageName is required");
  checkImageName(call, name);
  checkImageCount(cloud, account.id);
  const parts = imageParts(call, request);
  return { Image: registerImage(cloud, account.id, { ...parts, name, description: request.Description }) };
};
