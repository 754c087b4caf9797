import { messageOf } from "../common/errors.ts";
import { isAmbiguous, isNotFound } from "../outscale/errors.ts";
import type { Build } from "./build.ts";

/** Marks what a build makes on its way. It helps people to find what a journal names; it proves nothing. */
export const RUN_TAG_KEY = "outscale-chroot:run";

/**
 * Tags something of a build with the run's id, and with the user's own tags if there are any. An account that may not
 * tag gets one warning a build; tags that the user asked for are another matter.
 * @throws {ApiError} when the user's tags cannot be set
 */
export async function tagWithRun(
  build: Build,
  resourceId: string,
  userTags: readonly { readonly Key: string; readonly Value: string }[] = [],
): Promise<void> {
  if (userTags.length > 0) await createTags(build, [resourceId], userTags);
  const { progress } = build;
  if (progress.mayNotTag) return;
  try {
    await build.api.createTags({ ResourceIds: [resourceId], Tags: [{ Key: RUN_TAG_KEY, Value: build.runId }] });
    progress.tagged.add(resourceId);
  } catch (error) {
    progress.mayNotTag = true;
    if (isAmbiguous(error)) progress.tagged.add(resourceId);
    build.warn(`${resourceId} and what follows carry no tag of this run: ${messageOf(error)}`);
  }
}

/** Takes the run's tag off what is part of the product. */
export async function removeRunTag(build: Build, resourceIds: readonly string[]): Promise<void> {
  const tagged = resourceIds.filter((id) => build.progress.tagged.has(id));
  if (tagged.length === 0) return;
  await build.api.deleteTags({ ResourceIds: tagged, Tags: [{ Key: RUN_TAG_KEY, Value: build.runId }] });
}

const TAG_ATTEMPTS = 6;

/**
 * Sets tags. A resource that was made a moment ago may not be known everywhere yet, so not-found answers are tried
 * again for about half a minute.
 * @throws {ApiError}
 */
export async function createTags(
  build: Build,
  resourceIds: readonly string[],
  tags: readonly { readonly Key: string; readonly Value: string }[],
): Promise<void> {
  if (tags.length === 0 || resourceIds.length === 0) return;
  for (let attempt = 1; ; attempt++) {
    try {
      await build.api.createTags({ ResourceIds: [...resourceIds], Tags: [...tags] });
      return;
    } catch (error) {
      if (attempt === TAG_ATTEMPTS || !isNotFound(error)) throw error;
      await build.clock.sleep(500 * 2 ** attempt, build.signal);
    }
  }
}
