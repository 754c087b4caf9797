import { UsageError } from "../../common/errors.ts";
import { compileGlob } from "../../common/glob.ts";
import type { OwnImage } from "./own-image.ts";

/** Which OMIs are to go. */
export interface PruneRule {
  /** Patterns of names, such as `web-*`: each a family of its own. */
  readonly names: readonly string[];
  /** So many of the newest of each family stay. */
  readonly keep?: number | undefined;
  /** Only those go that are older. */
  readonly olderThanMs?: number | undefined;
  /** Those that are public, or shared with other accounts, too. */
  readonly includeShared?: boolean | undefined;
}

export interface Choice {
  readonly image: OwnImage;
  /** Why it stays; undefined when it is to go. */
  readonly keptAs: string | undefined;
}

/**
 * Says of every OMI that has one of the names whether it goes. The newest of a family that stay are those that are available.
 * @param images Newest first
 * @throws {UsageError} for a rule that names nothing, or that would take everything unasked
 */
export function chooseImages(images: readonly OwnImage[], rule: PruneRule, now: number): readonly Choice[] {
  const { names, keep, olderThanMs } = rule;
  if (names.length === 0) throw new UsageError("No OMIs are named", { hint: "Give a pattern, such as -name 'web-*'" });
  if (keep === undefined && olderThanMs === undefined) {
    const hint = "Give how many of the newest stay (-keep 3), or how old the others must be (-older-than 30d)";
    throw new UsageError("Nothing says which OMIs to keep", { hint });
  }
  if (keep !== undefined && !(Number.isInteger(keep) && keep >= 0)) {
    throw new UsageError(`The number of OMIs that stay must be a whole number, not ${keep}`);
  }
  const families = names.map((name) => familyOf(name, images));
  const newest = new Set(families.flatMap((family) => family.filter(isAvailable).slice(0, keep ?? 0)));
  const all = images.filter((image) => families.some((family) => family.includes(image)));
  return all.map((image) => ({
    image,
    keptAs: newest.has(image) ? "it is among the newest" : reason(image, rule, now),
  }));
}

function familyOf(pattern: string, images: readonly OwnImage[]): readonly OwnImage[] {
  const glob = compileGlob(pattern);
  if (glob === undefined) throw new UsageError(`"${pattern}" is no pattern of names`);
  return images.filter(({ name }) => glob.test(name));
}

function isAvailable({ state }: OwnImage): boolean {
  return state === "available";
}

function reason(image: OwnImage, rule: PruneRule, now: number): string | undefined {
  const { olderThanMs } = rule;
  const isOld = olderThanMs === undefined || now - Date.parse(image.createdAt) > olderThanMs;
  return isOld ? needOf(image, rule) : "it is not old enough";
}

/** Why an OMI may not be removed, whatever a rule says; undefined when nobody needs it. */
export function needOf(
  image: OwnImage,
  { includeShared = false }: Pick<PruneRule, "includeShared">,
): string | undefined {
  const { state, isTemporary, vmIds, mappedBy, isPublic, sharedWith } = image;
  if (isTemporary) return "a build is at work on it, or has left it: cleanup takes that down";
  if (state !== "available") return `it is ${state}`;
  if (vmIds.length > 0) return `${listed(vmIds)} ${vmIds.length === 1 ? "was" : "were"} started from it`;
  if (mappedBy.length > 0) return `${listed(mappedBy)} ${mappedBy.length === 1 ? "needs" : "need"} its snapshots`;
  if (includeShared) return undefined;
  if (isPublic) return "it is public";
  return sharedWith.length > 0 ? `it is shared with ${listed(sharedWith)}` : undefined;
}

function listed(ids: readonly string[]): string {
  return ids.length > 3 ? `${ids.slice(0, 3).join(", ")} and ${ids.length - 3} more` : ids.join(", ");
}
