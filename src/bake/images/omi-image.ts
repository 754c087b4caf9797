import { Builder } from "../../builder/builder.ts";
import type { ImageInspector, InspectedImage } from "../../builder/image-inspector.ts";
import type { Ui } from "../../builder/ui.ts";
import type { DebugLog } from "../../common/log.ts";
import type { RawConfig } from "../../definition/raw-value.ts";
import type { Image } from "../../outscale/oapi.ts";
import type { WithImage } from "./mounted-image.ts";

interface OmiImageOptions {
  readonly ui: Ui;
  readonly signal: AbortSignal;
  readonly hurry: AbortSignal;
  readonly log: DebugLog;
  readonly env: NodeJS.ProcessEnv;
  /** The state folder of an embedded cloud. */
  readonly localCloud: string | undefined;
  /** Credentials, as options of a build. */
  readonly access: RawConfig;
}

/**
 * An OMI: a build of it that changes nothing and publishes nothing. So a volume is made from its snapshot, linked and mounted
 * read-only, and all of it is in the journal and taken down, whatever happens.
 */
export function omiImage(image: Pick<Image, "ImageId" | "ImageName">, options: OmiImageOptions): WithImage {
  const { ui, signal, hurry, log, env, localCloud, access } = options;
  const { ImageId: imageId, ImageName: imageName } = image;
  return async (look) => {
    const builder = new Builder({ env, log, ...(localCloud !== undefined && { localCloud }) });
    builder.prepareRaw({
      ...access,
      source_omi: imageId,
      omi_name: `look-at-${imageId}`,
      skip_create_omi: true,
      boot_check: "off",
      copy_files: [],
      quiet_services: false,
      mount_options: ["ro"],
    });
    const inspector: ImageInspector = {
      mounted: ({ root, mountPoints, foreignMounts }: InspectedImage) =>
        look({ name: `${imageId} (${imageName})`, root, mountPoints, foreignMounts }),
      provisioned: async () => undefined,
    };
    await builder.run({ ui, signal, hurry, inspector, hook: { provision: async () => undefined } });
  };
}
