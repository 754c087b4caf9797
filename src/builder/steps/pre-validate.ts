import { ConfigError } from "../../common/errors.ts";
import type { BuildConfig } from "../../config/build-config.ts";
import type { Image } from "../../outscale/oapi.ts";
import type { Build } from "../build.ts";
import { findOwnImage } from "../resources/image.ts";
import { step } from "../step.ts";

/** What can be done when the name of a build's OMI is taken, here or in another region. */
export const HOW_TO_REPLACE = "Choose another name, or replace it: force_deregister = true, or build -force";

/**
 * Makes sure that the new OMI's name is free in the account, or that its owner may be replaced, and that the snapshots
 * that its mappings name exist.
 *
 * A name that depends on the source OMI is checked once that is known: `StepSourceOMIInfo` comes before.
 * @returns the account's own OMI that has the name and is to be replaced
 * @throws {ConfigError} when the name is taken and `force_deregister` is not set, or a snapshot cannot be used
 */
export const preValidate = step(
  "StepPreValidate",
  async (build: Build, { omiName }: { readonly omiName: string }): Promise<Image | undefined> => {
    const { config, ui } = build;
    if (config.skipCreateOmi) return undefined;
    await assertSnapshotsExist(build);
    ui.say(`Checking that the OMI name "${omiName}" is free...`);
    const existing = await findOwnImage(build, omiName);
    if (existing === undefined) return undefined;
    assertReplaceable(config, existing);
    ui.message(`${existing.ImageId} has this name and will be replaced at the end`);
    return existing;
  },
);

async function assertSnapshotsExist({ api, config, signal }: Build): Promise<void> {
  const named = config.omiBlockDeviceMappings.flatMap(({ snapshotId, noDevice }, index) =>
    snapshotId === undefined || noDevice
      ? []
      : [{ snapshotId, option: `omi_block_device_mappings[${index}].snapshot_id` }],
  );
  if (named.length === 0) return;
  const ids = [...new Set(named.map(({ snapshotId }) => snapshotId))];
  const { Snapshots } = await api.readSnapshots({ Filters: { SnapshotIds: ids } }, { signal });
  const problems = named
    .filter(({ snapshotId }) => !Snapshots.some((snapshot) => snapshot.SnapshotId === snapshotId))
    .map(({ snapshotId, option }) => ({ option, message: `the account cannot use a snapshot ${snapshotId}` }));
  if (problems.length > 0) throw new ConfigError(problems, { hint: "It must be the account's own, or shared with it" });
}

/** @throws {ConfigError} when an OMI of that name is there and may not be replaced */
export function assertReplaceable(config: Pick<BuildConfig, "forceDeregister">, existing: Image): void {
  if (config.forceDeregister) return;
  const message = `the account already has an OMI named "${existing.ImageName}": ${existing.ImageId}`;
  throw new ConfigError([{ option: "omi_name", message }], {
    resourceId: existing.ImageId,
    hint: HOW_TO_REPLACE,
  });
}
