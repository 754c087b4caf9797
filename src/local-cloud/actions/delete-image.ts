import { ownImage } from "./access.ts";
import type { Handler } from "./call.ts";

/** Deregisters an image; its snapshots stay. */
export const deleteImage: Handler<"DeleteImage"> = (call, { ImageId }) => {
  const image = ownImage(call, ImageId);
  call.cloud.store.images.put({ ...image, api: { ...image.api, State: "deleting" } });
  call.cloud.lingering.deleted(image);
  call.cloud.lifecycle.start("image", ImageId);
  return {};
};
