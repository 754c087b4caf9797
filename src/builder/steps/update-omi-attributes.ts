import type { Build } from "../build.ts";
import { additions } from "../permissions.ts";
import { step } from "../step.ts";

export interface UpdateOmiAttributesInput {
  readonly imageId: string;
  readonly snapshotId: string;
}

/**
 * Grants what was asked for: launching the OMI and creating volumes from its root snapshot are two permissions, for two
 * sets of accounts. Nothing is sent where nothing was asked.
 */
export const updateOmiAttributes = step(
  "StepUpdateOMIAttributes",
  async ({ api, config, ui }: Build, { imageId, snapshotId }: UpdateOmiAttributesInput): Promise<void> => {
    const launch = additions({ accountIds: config.omiAccountIds, isPublic: config.omiIsPublic });
    const createVolume = additions({ accountIds: config.snapshotAccountIds, isPublic: config.snapshotIsPublic });
    if (launch) {
      ui.say(`Granting permission to launch ${imageId}...`);
      await api.updateImage({ ImageId: imageId, PermissionsToLaunch: { Additions: launch } });
    }
    if (createVolume) {
      ui.say(`Granting permission to create volumes from ${snapshotId}...`);
      await api.updateSnapshot({ SnapshotId: snapshotId, PermissionsToCreateVolume: { Additions: createVolume } });
    }
  },
);
