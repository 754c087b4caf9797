import type { CommandRunner } from "../host/run-command.ts";
import type { Finding } from "./finding.ts";
import type { ImageFiles } from "./image-files.ts";

/** A partition of the volume, or the volume itself as number 0; what `readVolumeLayout()` gives. */
export interface ImagePart {
  readonly number: number;
  /** Its device on the host. */
  readonly path: string;
  readonly partition: { readonly uuid: string; readonly name: string } | undefined;
  readonly filesystem: { readonly type: string; readonly uuid: string; readonly label: string } | undefined;
}

export interface CheckImageInput {
  readonly files: ImageFiles;
  readonly parts: readonly ImagePart[];
}

/**
 * Looks at the mounted image (with its /boot and ESP, where it has them) for what keeps it from booting: no kernel or
 * initrd, an fstab or boot loader that refers to what the image does not have, or to a device of the builder.
 */
export declare function checkImage(input: CheckImageInput): Promise<readonly Finding[]>;

/** Checks every file system of the volume, which must not be mounted: nothing is repaired. */
export declare function checkFilesystems(
  parts: readonly ImagePart[],
  options: { readonly runner: CommandRunner; readonly signal?: AbortSignal | undefined },
): Promise<readonly Finding[]>;
