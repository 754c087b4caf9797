import type { Build } from "../build.ts";
import { OWN_TAGS } from "../product-tags.ts";
import { renderTags, sourceValues } from "../render-late.ts";
import { createTags } from "../run-tags.ts";
import { step } from "../step.ts";
import type { SourceOmi } from "./check-root-device.ts";

/** Who takes over all tags of a source OMI takes over what this program says of that one: it is not so of the new one. */
const isUsers = ({ Key }: { readonly Key: string }) => !Key.startsWith(OWN_TAGS);

export interface CreateTagsInput {
  readonly imageId: string;
  /** Our own snapshots that the OMI maps: foreign ones are never tagged. */
  readonly snapshotIds: readonly string[];
  readonly source: SourceOmi | undefined;
}

/** Tags the OMI and its own snapshots with `tags`; on snapshots `snapshot_tags` win. */
export const tagOmi = step(
  "StepCreateTags",
  async (build: Build, { imageId, snapshotIds, source }: CreateTagsInput): Promise<void> => {
    const { config, ui } = build;
    const values = sourceValues(build.region, source?.image);
    const tags = renderTags(build, "tags", config.tags, values).filter(isUsers);
    const snapshotTags = renderTags(build, "snapshot_tags", config.snapshotTags, values).filter(isUsers);
    if (tags.length === 0 && snapshotTags.length === 0) return;
    ui.say(`Tagging ${[imageId, ...snapshotIds].join(", ")}...`);
    for (const { Key, Value } of tags) ui.message(`Tag: "${Key}": "${Value}"`);
    await createTags(build, [imageId, ...snapshotIds], tags);
    for (const { Key, Value } of snapshotTags) ui.message(`Snapshot tag: "${Key}": "${Value}"`);
    await createTags(build, snapshotIds, snapshotTags);
  },
);
