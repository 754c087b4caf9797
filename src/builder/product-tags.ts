import { messageOf } from "../common/errors.ts";
import type { Image } from "../outscale/oapi.ts";
import type { Build } from "./build.ts";
import { createTags } from "./run-tags.ts";

/** What all tags of this program begin with; the user's are never taken for one. */
export const OWN_TAGS = "outscale-chroot:";
/** On a product: a digest of all that it was made of, and its own id, so that a copied tag says nothing. */
export const INPUTS_TAG_KEY = "outscale-chroot:inputs";
/** On a product: the id of the OMI that it was made of. */
const SOURCE_TAG_KEY = "outscale-chroot:source";

/** What a product is to be found by. */
export interface ProductMark {
  /** Of all its inputs. */
  readonly digest: string;
  /** Undefined from scratch. */
  readonly sourceId: string | undefined;
}

/** The value of {@link INPUTS_TAG_KEY} on an image: 81 characters or so, of the 255 that a value may have. */
function inputsTagValue(digest: string, imageId: string): string {
  return `${digest}/${imageId}`;
}

/** The digest of what an image was made of, if its tag is its own. */
export function inputsDigestOf({ ImageId, Tags }: Pick<Image, "ImageId" | "Tags">): string | undefined {
  const [digest, imageId] = tagOf(Tags, INPUTS_TAG_KEY)?.split("/") ?? [];
  return imageId === ImageId ? digest : undefined;
}

function tagOf(tags: Image["Tags"], key: string): string | undefined {
  return tags.find(({ Key }) => Key === key)?.Value;
}

/**
 * Puts the tags on a product that stands: one that is half made is never taken for unchanged. An account that may not tag
 * gets a warning; the product is there all the same.
 */
export async function markProduct(build: Build, imageId: string, { digest, sourceId }: ProductMark): Promise<void> {
  const tags = [
    { Key: INPUTS_TAG_KEY, Value: inputsTagValue(digest, imageId) },
    ...(sourceId === undefined ? [] : [{ Key: SOURCE_TAG_KEY, Value: sourceId }]),
  ];
  try {
    await createTags(build, [imageId], tags);
  } catch (error) {
    build.warn(
      `${imageId} got no tag of what it was made of, and the next build will not know it: ${messageOf(error)}`,
    );
  }
}
