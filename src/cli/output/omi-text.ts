import type { OwnImage } from "../../bake/omis/own-image.ts";
import type { PrunedImage } from "../../bake/omis/prune-images.ts";
import { shownWord } from "./shown-text.ts";
import { tableText } from "./table.ts";

const HOUR_MS = 3_600_000;

/** OMIs in a table; their names are whatever somebody has given them. */
export function omiTable(images: readonly OwnImage[], now: number): string {
  const rows = images.map((image) => [
    image.imageId,
    image.name,
    image.state,
    `${image.sizeGib} GiB`,
    ageOf(image.createdAt, now),
    image.sourceId ?? "",
    usesOf(image).join(", "),
  ]);
  return tableText(["OMI", "NAME", "STATE", "SIZE", "AGE", "SOURCE", "USED BY"], rows);
}

/** All that is known of one. */
export function omiText(image: OwnImage, now: number): string {
  const rows: readonly (readonly [string, string])[] = [
    ["OMI", image.imageId],
    ["Name", image.name],
    ["Description", image.description],
    ["State", image.state],
    ["Created", `${image.createdAt}, ${ageOf(image.createdAt, now)} ago`],
    ["Size", `${image.sizeGib} GiB`],
    ["Snapshots", image.snapshotIds.join(", ")],
    ["Source OMI", image.sourceId ?? ""],
    ["Made of", image.inputsDigest ?? ""],
    ["VMs", image.vmIds.join(", ")],
    ["Needed by", image.mappedBy.join(", ")],
    ["Source of", image.sourceOf.join(", ")],
    ["Shared", image.isPublic ? "with everybody" : image.sharedWith.join(", ")],
    ...Object.entries(image.tags).map(([key, value]) => ["Tag", `${key} = ${value}`] as const),
  ];
  const given = rows.filter(([, value]) => value !== "");
  return given.map(([name, value]) => `${name.padEnd(11)} ${shownWord(value)}\n`).join("");
}

/** What has become of OMIs, or would. */
export function pruneText(pruned: readonly PrunedImage[], { isDry }: { readonly isDry: boolean }): string {
  if (pruned.length === 0) return "No OMI of the account has such a name\n";
  const rows = pruned.map(({ imageId, name, createdAt, sizeGib, outcome, reason }) => [
    imageId,
    name,
    createdAt.slice(0, 10),
    `${sizeGib} GiB`,
    WORDS[outcome],
    reason ?? "",
  ]);
  const going = pruned.filter(({ outcome }) => outcome === "would-remove");
  const hint =
    going.length > 0 ? `Nothing was removed: -yes removes ${going.length} of them\n` : "Nothing is to be removed\n";
  return `${tableText(["OMI", "NAME", "CREATED", "SIZE", "", "WHY"], rows)}${isDry ? hint : ""}`;
}

const WORDS: Readonly<Record<PrunedImage["outcome"], string>> = {
  removed: "removed",
  "would-remove": "would be removed",
  kept: "stays",
  failed: "failed",
};

function usesOf({ vmIds, mappedBy, sourceOf, isPublic, sharedWith, isTemporary }: OwnImage): readonly string[] {
  return [
    ...vmIds,
    ...mappedBy.map((id) => `${id} (disk)`),
    ...sourceOf.map((id) => `${id} (made of it)`),
    ...(isPublic ? ["public"] : []),
    ...sharedWith.map((account) => `account ${account}`),
    ...(isTemporary ? ["a build"] : []),
  ];
}

function ageOf(createdAt: string, now: number): string {
  const hours = Math.floor((now - Date.parse(createdAt)) / HOUR_MS);
  if (!(hours >= 0)) return "";
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d`;
}
