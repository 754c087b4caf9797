import { openRemoval, type Removal } from "../../builder/open-removal.ts";
import { findMapper } from "../../builder/resources/pruned-image.ts";
import type { Ui } from "../../builder/ui.ts";
import { type Clock, systemClock } from "../../common/clock.ts";
import { LeftoverError, messageOf, throwIfCancelled } from "../../common/errors.ts";
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
  /** Stops between two OMIs. */
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
 * @throws {CancelledError} between two OMIs
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
  for (const choice of choices.toReversed()) {
    throwIfCancelled(signal);
    done.set(choice, choice.keptAs === undefined ? await removeOne(choice, removal, input) : told(choice, "removed"));
  }
  return choices.flatMap((choice) => done.get(choice) ?? []);
}

async function choose(omis: OpenOmis, input: PruneImagesInput, clock: Clock): Promise<readonly Choice[]> {
  await using api = createApi({ access: omis.access, env: omis.env, log: input.log ?? noLog });
  const accountId = await readAccountId(api);
  return chooseImages(await readOwnImages(api, { accountId }), input, clock.now());
}

function told({ image, keptAs }: Choice, outcome: PrunedImage["outcome"], reason?: string): PrunedImage {
  const { imageId, name, createdAt, sizeGib, snapshotIds } = image;
  const facts = { imageId, name, createdAt, sizeGib, snapshotIds };
  if (keptAs !== undefined) return { ...facts, outcome: "kept", reason: keptAs };
  return { ...facts, outcome, reason: reason ?? null };
}

async function removeOne(choice: Choice, removal: Removal, input: PruneImagesInput): Promise<PrunedImage> {
  const { ui } = input;
  const { image } = choice;
  try {
    const need = await needNow(image, removal, input);
    if (need !== undefined) return told({ image, keptAs: need }, "kept");
    ui.say(`Removing ${image.imageId} (${image.name}) and ${image.snapshotIds.join(", ") || "no snapshot"}...`);
    await removal.remove(image);
    return told(choice, "removed");
  } catch (error) {
    ui.error(`${image.imageId} (${image.name}): ${messageOf(error)}`);
    return told(choice, "failed", messageOf(error));
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
 * @param cleanup The command that takes down what is left
 * @throws {LeftoverError} when one could not be removed
 */
export function throwIfFailed(pruned: readonly PrunedImage[], cleanup: string): void {
  const failed = pruned.filter(({ outcome }) => outcome === "failed");
  if (failed.length === 0) return;
  const leftovers = failed.map(({ imageId, name, reason }) => `${imageId} (${name}): ${reason}`);
  throw new LeftoverError(`Not every OMI could be removed: ${leftovers.join("; ")}`, {
    leftovers,
    hint: `To finish what was begun, run: ${cleanup}`,
  });
}
