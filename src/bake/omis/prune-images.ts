import { openRemoval, type Removal } from "../../builder/open-removal.ts";
import { findMapper } from "../../builder/resources/pruned-image.ts";
import { describeRetry } from "../../builder/tell-retry.ts";
import type { Ui } from "../../builder/ui.ts";
import { type Clock, systemClock } from "../../common/clock.ts";
import { CancelledError, LeftoverError, messageOf, throwIfCancelled } from "../../common/errors.ts";
import { noLog } from "../../common/log.ts";
import { requireRoot } from "../../host/require-root.ts";
import { readAccountId } from "../../outscale/account-id.ts";
import { createApi } from "../../outscale/client.ts";
import { type Choice, chooseImages, needOf, type PruneRule } from "./choose-images.ts";
import { type OmisInput, type OpenOmis, openOmis } from "./open-omis.ts";
import { type OwnImage, readOwnImages } from "./own-image.ts";

export interface PruneImagesInput extends OmisInput, PruneRule {
  /** Says what would go, and removes nothing. True by default: what is removed cannot be brought back. */
  readonly dryRun?: boolean | undefined;
  readonly ui: Ui;
  /** Stops it, between two OMIs once there is a list. */
  readonly signal?: AbortSignal | undefined;
  readonly hurry?: AbortSignal | undefined;
  readonly clock?: Clock | undefined;
}

/** What becomes of one OMI that has the name. */
export interface PrunedImage {
  readonly imageId: string;
  readonly name: string;
  readonly createdAt: string;
  readonly sizeGib: number;
  readonly snapshotIds: readonly string[];
  /** `would-remove`: it was a dry run. */
  readonly outcome: "removed" | "would-remove" | "kept" | "failed";
  /** Why it stays, or what went wrong; null for what goes. */
  readonly reason: string | null;
}

const never = new AbortController().signal;

/**
 * Removes the account's OMIs that a rule names, each with its own snapshots, oldest first. One that is used stays: a VM was
 * started from it, another OMI maps its snapshots, a build is at work on it, or, unless asked, others may launch it. That is
 * looked at again right before each goes. It is journaled: what is killed in between, `cleanup` finishes.
 *
 * Needs root, unless it is a dry run: the journal's folder is root's.
 * @throws {UsageError} for a rule that names nothing, or that would take everything unasked
 * @throws {AuthError} when there are no credentials, or they are refused
 * @throws {CancelledError} when it was stopped before there was a list: later, those that it did not come to are kept
 */
export async function pruneImages(input: PruneImagesInput): Promise<readonly PrunedImage[]> {
  const { dryRun = true, ui, signal = never, hurry = never, clock = systemClock, log = noLog } = input;
  chooseImages([], input, 0); // a rule that is none is refused before anything is asked
  if (!dryRun) requireRoot("Removing OMIs needs root: it is journaled as builds are");
  await using omis = await openOmis(input);
  if (dryRun) return (await choose(omis, input, clock)).map((choice) => told(choice, "would-remove"));
  await using removal = await openRemoval({ ...omis, ui, signal, hurry, clock, log });
  const { api, accountId } = removal.context;
  const choices = chooseImages(await readOwnImages(api, { accountId, signal }), input, clock.now());
  const done = new Map<Choice, PrunedImage>();
  for (const choice of choices.toReversed()) done.set(choice, await pruneOne(choice, removal, input));
  return choices.flatMap((choice) => done.get(choice) ?? []);
}

async function choose({ access, env }: OpenOmis, input: PruneImagesInput, clock: Clock): Promise<readonly Choice[]> {
  const { log = noLog, onRetry, signal } = input;
  await using api = createApi({ access, env, log, onRetry: (retry) => onRetry?.(describeRetry(retry)) });
  const accountId = await readAccountId(api, { signal });
  return chooseImages(await readOwnImages(api, { accountId, signal }), input, clock.now());
}

function told({ image, keptAs }: Choice, outcome: PrunedImage["outcome"], reason?: string): PrunedImage {
  const { imageId, name, createdAt, sizeGib, snapshotIds } = image;
  const facts = { imageId, name, createdAt, sizeGib, snapshotIds };
  if (keptAs !== undefined) return { ...facts, outcome: "kept", reason: keptAs };
  return { ...facts, outcome, reason: reason ?? null };
}

/** Why an OMI stays that the removal did not come to. */
const STOPPED = "the removal was stopped before";

async function pruneOne(choice: Choice, removal: Removal, input: PruneImagesInput): Promise<PrunedImage> {
  const { image, keptAs } = choice;
  if (keptAs !== undefined) return told(choice, "kept");
  if (input.signal?.aborted) return told({ image, keptAs: STOPPED }, "kept");
  return removeOne(choice, removal, input);
}

async function removeOne(choice: Choice, removal: Removal, input: PruneImagesInput): Promise<PrunedImage> {
  const { ui } = input;
  const { image } = choice;
  try {
    const need = await needUnlessStopped(image, removal, input);
    if (need !== undefined) return told({ image, keptAs: need }, "kept");
    ui.say(`Removing ${image.imageId} (${image.name}) and ${image.snapshotIds.join(", ") || "no snapshot"}...`);
    await removal.remove(image);
    return told(choice, "removed");
  } catch (error) {
    ui.error(`${image.imageId} (${image.name}): ${messageOf(error)}`);
    return told(choice, "failed", messageOf(error));
  }
}

async function needUnlessStopped(
  image: OwnImage,
  removal: Removal,
  rule: PruneImagesInput,
): Promise<string | undefined> {
  try {
    return await needNow(image, removal, rule);
  } catch (error) {
    if (error instanceof CancelledError) return STOPPED;
    throw error;
  }
}

/** Much may have happened since the list was made. */
async function needNow(listed: OwnImage, { context }: Removal, rule: PruneRule): Promise<string | undefined> {
  const { api, accountId, signal } = context;
  const [image] = await readOwnImages(api, { accountId, signal, imageId: listed.imageId });
  if (image === undefined) return "it is gone already";
  if (image.name !== listed.name) return "it is another OMI by now";
  const need = needOf(image, rule);
  if (need !== undefined) return need;
  // Another account's OMI may map a snapshot that is shared with it.
  for (const snapshotId of image.snapshotIds) {
    const user = await findMapper(context, snapshotId, [image.imageId]);
    if (user !== undefined) return `${user} needs its snapshots`;
  }
  return undefined;
}

/**
 * @param input.cleanup The command that takes down what is left
 * @throws {LeftoverError} when one could not be removed
 * @throws {CancelledError} when the removal was stopped before it was done
 */
export function throwUnlessDone(
  pruned: readonly PrunedImage[],
  { cleanup, signal }: { readonly cleanup: string; readonly signal: AbortSignal },
): void {
  const failed = pruned.filter(({ outcome }) => outcome === "failed");
  if (failed.length > 0) {
    const leftovers = failed.map(({ imageId, name, reason }) => `${imageId} (${name}): ${reason}`);
    throw new LeftoverError(`Not every OMI could be removed: ${leftovers.join("; ")}`, {
      leftovers,
      hint: `To finish what was begun, run: ${cleanup}`,
    });
  }
  if (pruned.some(({ reason }) => reason === STOPPED)) throwIfCancelled(signal);
}
