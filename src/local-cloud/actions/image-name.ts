import { Refusal } from "../refusal.ts";
import { launchableImage } from "./access.ts";
import type { Call } from "./call.ts";

/** 3 to 128 of these. @see OUTSCALE API, CreateImageRequest.ImageName */
const IMAGE_NAME = /^[A-Za-z0-9_ ()/.-]{3,128}$/;

/** A copy without a name is `{source}-copyN`, as in the older FCU API. */
export function nameOfCopy(call: Call, sourceImageId: string): string {
  const { api } = launchableImage(call, sourceImageId);
  const names = new Set(
    call.cloud.store.images
      .values()
      .filter(({ accountId }) => accountId === call.account.id)
      .map((image) => image.api.ImageName),
  );
  let number = 1;
  while (names.has(`${api.ImageName}-copy${number}`)) number++;
  return `${api.ImageName}-copy${number}`;
}

/** What the Go plugin calls its copy of a source OMI: `web-packer-copy-2026-01-01 00:00:00 +0000 UTC m=+1.09`. */
const PACKER_COPY = /^.{1,190}-packer-copy-\d{4}-\d\d-\d\d [\d:.]{8,20} [+-]\d{4} \w{1,5}(?: m=[+-][\d.]{1,20})?$/;

/**
 * Whether the platform takes the names that the Go plugin gives to its copies is not known; its documentation says no.
 * @throws {Refusal} `bad-image-name`, `duplicate-name`
 */
export function checkImageName({ cloud, account }: Call, name: string): void {
  const { strict, warn } = cloud.settings;
  if (!strict && PACKER_COPY.test(name)) {
    warn(`The image name "${name}" is taken, though OUTSCALE's documentation refuses some of its characters`);
  } else if (!IMAGE_NAME.test(name)) {
    throw new Refusal("bad-image-name", `"${name}" is not 3 to 128 letters, digits, spaces and _ ( ) / . -`);
  }
  const namesake = cloud.store.images
    .values()
    .find(({ accountId, api }) => accountId === account.id && api.ImageName === name);
  if (namesake) throw new Refusal("duplicate-name", `The image ${namesake.id} has the name "${name}" already`);
}
