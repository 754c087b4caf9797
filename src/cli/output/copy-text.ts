import type { CopiedOmi } from "../../bake/omis/copy-omi.ts";
import type { RegionCopy } from "../../builder/region-copy/copy-image.ts";
import { messageOf } from "../../common/errors.ts";
import { errorRecord } from "./error-record.ts";
import { shownWord } from "./shown-text.ts";
import { tableText } from "./table.ts";

/** The copies of an OMI, one a line, and below them what is not as it was. */
export function copyText({ copies }: CopiedOmi): string {
  const rows = copies.map((copy) => [
    copy.region,
    ...(copy.outcome === "copied" ? done(copy) : ["", messageOf(copy.error)]),
  ]);
  const notes = copies.flatMap((copy) =>
    copy.outcome === "copied"
      ? copy.differences.map((text) => `${copy.region}: ${copy.imageId} has ${shownWord(text)}\n`)
      : [],
  );
  return `${tableText(["REGION", "OMI", ""], rows)}${notes.join("")}`;
}

function done({ imageId, snapshotIds }: Extract<RegionCopy, { outcome: "copied" }>): readonly string[] {
  return [imageId, snapshotIds.join(", ")];
}

/** The same for programs. */
export function copyRecord({ imageId, name, region, copies }: CopiedOmi) {
  return {
    ...{ imageId, name, region },
    copies: copies.map((copy) =>
      copy.outcome === "copied" ? { ...copy, error: null } : { ...copy, error: errorRecord(copy.error) },
    ),
  };
}
