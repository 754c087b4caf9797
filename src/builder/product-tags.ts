import { messageOf } from "../common/errors.ts";
import type { Image, ResourceTag } from "../outscale/oapi.ts";
import type { Build } from "./build.ts";
import { changedInputs } from "./product-inputs.ts";
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

/** The OMI that an image was made of, as its tag says. */
export function sourceIdOf({ Tags }: Pick<Image, "Tags">): string | undefined {
  const value = tagOf(Tags, SOURCE_TAG_KEY);
  return value !== undefined && /^ami-[0-9a-f]{8,}$/.test(value) ? value : undefined;
}

function tagOf(tags: Image["Tags"], key: string): string | undefined {
  return tags.find(({ Key }) => Key === key)?.Value;
}

/**
 * Puts the tags on a product that stands: one that is half made is never taken for unchanged. An account that may not tag
 * gets a warning; the product is there all the same.
 */
export async function markProduct(build: Build, imageId: string, { digest, sourceId }: ProductMark): Promise<void> {
  const changed = await changedMeanwhile(build);
  if (changed.length > 0) {
    const names = changed.join(", ");
    build.warn(`${imageId} gets no inputs tag, as inputs changed while the build ran: ${names}`);
    return;
  }
  const source = sourceId === undefined ? [] : [{ Key: SOURCE_TAG_KEY, Value: sourceId }];
  await putTags(build, { imageId, digest, more: source });
}

/** What puts tags on an OMI, and tells whoever looks when that fails. */
type Tagger = Pick<Build, "api" | "clock" | "signal"> & { warn(message: string): void };

/**
 * Puts the tag of an OMI on a copy of it that stands in another region: a build that finds the OMI unchanged looks there for one
 * with the same digest.
 */
export function markCopy(account: Tagger, imageId: string, digest: string): Promise<void> {
  return putTags(account, { imageId, digest, more: [] });
}

interface TagsInput {
  readonly imageId: string;
  readonly digest: string;
  readonly more: readonly ResourceTag[];
}

async function putTags(account: Tagger, { imageId, digest, more }: TagsInput): Promise<void> {
  try {
    await createTags(account, [imageId], [{ Key: INPUTS_TAG_KEY, Value: inputsTagValue(digest, imageId) }, ...more]);
  } catch (error) {
    account.warn(`${imageId} got no inputs tag, so the next build will not find it: ${messageOf(error)}`);
  }
}

/** Which inputs are no longer what they were when the build began; one that cannot be read any more is none that stayed. */
async function changedMeanwhile({ inputs }: Build): Promise<readonly string[]> {
  if (inputs?.readAgain === undefined) return [];
  try {
    return changedInputs(inputs.inputs, await inputs.readAgain());
  } catch (error) {
    return [messageOf(error)];
  }
}
