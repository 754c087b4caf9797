import type { BuildConfig } from "../../config/build-config.ts";
import { isBootMode, type RequestOf } from "../../outscale/oapi.ts";
import type { Build } from "../build.ts";
import { omiMappings, productRootDevice } from "../omi-mappings.ts";
import { renderPublic, sourceValues } from "../render-late.ts";
import { imageKind } from "../resources/image.ts";
import type { Lease, Scope } from "../scope.ts";
import { step } from "../step.ts";
import type { SourceOmi } from "./check-root-device.ts";
import type { RootVolume } from "./create-volume.ts";
import { waitProgress } from "./wait-progress.ts";

/** What an OMI is registered from. */
export interface OmiParts {
  readonly volume: RootVolume;
  readonly snapshotId: string;
  readonly source: SourceOmi | undefined;
}

export interface CreateOmiInput {
  readonly name: string;
  readonly parts: OmiParts;
  readonly undo: Scope;
}

/**
 * Registers the OMI over the snapshot and waits until it is `available`.
 *
 * Acquires: the OMI, deregistered when the build fails later: nothing half-made keeps a published name.
 * @throws {WaitError} when it ends in `failed`
 */
export const createOmi = step(
  "StepCreateOMI",
  async (build: Build, { name, parts, undo }: CreateOmiInput): Promise<Lease> => {
    const { api, ui, waiters, signal, config } = build;
    ui.say(`Registering the OMI ${name}...`);
    const description = renderDescription(build, parts.source);
    const request = createImageRequest(config, { name, description, parts });
    const lease = await undo.acquire(imageKind, { name, rootSnapshotId: parts.snapshotId }, async () => {
      return (await api.createImage(request)).Image.ImageId;
    });
    ui.message(`OMI: ${lease.id}`);
    await build.runTags.add(lease.id);
    const onProgress = waitProgress(build, `the OMI ${lease.id}`);
    await waiters.image(lease.id, { until: "available", signal, onProgress });
    return lease;
  },
);

function renderDescription(build: Build, source: SourceOmi | undefined): string | undefined {
  const { omiDescription } = build.config;
  if (omiDescription === undefined) return source?.image.Description;
  return renderPublic(build, "omi_description", omiDescription, sourceValues(build.region, source?.image));
}

interface CreateImageInput {
  readonly name: string;
  readonly description: string | undefined;
  readonly parts: OmiParts;
}

/**
 * The registration: what the source OMI says about itself (architecture, boot modes, TPM, product codes, mappings),
 * unless the configuration says otherwise. Without boot modes the service assumes `legacy`, and a UEFI image would no
 * longer boot.
 */
export function createImageRequest(
  config: Pick<BuildConfig, "rootDeviceName" | "omiBlockDeviceMappings" | "omiBootModes" | "productCodes">,
  { name, description, parts }: CreateImageInput,
): RequestOf<"CreateImage"> {
  const source = parts.source?.image;
  const bootModes =
    config.omiBootModes.length > 0 ? [...config.omiBootModes] : (source?.BootModes ?? []).filter(isBootMode);
  const productCodes = config.productCodes.length > 0 ? config.productCodes : (source?.ProductCodes ?? []);
  return {
    ImageName: name,
    Architecture: source?.Architecture ?? "x86_64",
    RootDeviceName: productRootDevice(config, parts.source),
    BlockDeviceMappings: omiMappings(config, parts),
    ...(description && { Description: description }),
    ...(bootModes.length > 0 && { BootModes: bootModes }),
    ...(source?.TpmMandatory !== undefined && { TpmMandatory: source.TpmMandatory }),
    ...(productCodes.length > 0 && { ProductCodes: [...productCodes] }),
  };
}
