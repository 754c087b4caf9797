import { ownImage, updatePermissions } from "./access.ts";
import type { Handler } from "./call.ts";

/** Changes description, product codes (all of them) or permissions, also of an image that is still `pending`. */
export const updateImage: Handler<"UpdateImage"> = (call, request) => {
  const image = ownImage(call, request.ImageId);
  const { Description, ProductCodes, PermissionsToLaunch } = request;
  const api = {
    ...image.api,
    ...(Description === undefined ? {} : { Description }),
    ...(ProductCodes === undefined ? {} : { ProductCodes }),
    ...(PermissionsToLaunch === undefined
      ? {}
      : { PermissionsToLaunch: updatePermissions(image.api.PermissionsToLaunch, PermissionsToLaunch) }),
  };
  call.cloud.store.images.put({ ...image, api });
  return { Image: api };
};
