import { messageOf } from "../common/errors.ts";
import { isAmbiguous, isNotFound } from "../outscale/errors.ts";
import type { ResourceTag } from "../outscale/oapi.ts";
import { UNSEEN_MS } from "../outscale/unseen.ts";
import type { RunContext } from "./run-context.ts";
import { RUN_TAG_KEY } from "./run-tag-key.ts";

type Cloud = Pick<RunContext, "api" | "clock" | "signal" | "runId">;

/**
 * The tags with the run's id, which a build puts on what it makes and takes off its product. An account that may not tag
 * gets one warning a build; tags that the user asked for are another matter.
 */
export class RunTags {
  readonly #cloud: Cloud;
  readonly #warn: (message: string) => void;
  /** What carries the tag, or may. */
  readonly #tagged = new Set<string>();
  #isRefused = false;

  constructor(cloud: Cloud, warn: (message: string) => void) {
    this.#cloud = cloud;
    this.#warn = warn;
  }

  /** Tags something, unless the account has refused that before. */
  async add(resourceId: string): Promise<void> {
    if (this.#isRefused) return;
    try {
      await createTags(this.#cloud, [resourceId], [this.#tag]);
      this.#tagged.add(resourceId);
    } catch (error) {
      this.#isRefused = true;
      if (isAmbiguous(error)) this.#tagged.add(resourceId);
      this.#warn(`${resourceId} and what follows get no tag of this run: ${messageOf(error)}`);
    }
  }

  /** Takes the tag off what is part of the product. @throws {ApiError} */
  async remove(resourceIds: readonly string[]): Promise<void> {
    const tagged = resourceIds.filter((id) => this.#tagged.has(id));
    if (tagged.length > 0) await this.#cloud.api.deleteTags({ ResourceIds: tagged, Tags: [this.#tag] });
  }

  get #tag(): ResourceTag {
    return { Key: RUN_TAG_KEY, Value: this.#cloud.runId };
  }
}

/** A tag that was refused as its resource is not known yet: the second try comes after this, the others ever later. */
const FIRST_PAUSE_MS = 1_000;

/**
 * Sets tags. A resource that was made a moment ago may not be known everywhere yet, so not-found answers are tried again
 * for as long as it may stay so.
 * @throws {ApiError}
 */
export async function createTags(
  { api, clock, signal }: Omit<Cloud, "runId">,
  resourceIds: readonly string[],
  tags: readonly ResourceTag[],
): Promise<void> {
  if (tags.length === 0 || resourceIds.length === 0) return;
  const until = clock.now() + UNSEEN_MS;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs *= 2) {
    try {
      await api.createTags({ ResourceIds: [...resourceIds], Tags: [...tags] });
      return;
    } catch (error) {
      const leftMs = until - clock.now();
      if (leftMs <= 0 || !isNotFound(error)) throw error;
      await clock.sleep(Math.min(pauseMs, leftMs), signal);
    }
  }
}
