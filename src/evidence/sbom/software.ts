import type { ImageContents } from "../scan-image.ts";

/** What a bill of materials is about. */
export interface Software extends Pick<ImageContents, "os" | "packages"> {
  /** What the image is called: its OMI's name. */
  readonly name: string;
  /** The OMI, if it was registered: `ami-1a2b3c4d`. */
  readonly imageId: string | undefined;
  /** When it was looked at. */
  readonly createdAt: Date;
  /** A UUID; a bill of the same software that is made again has another. */
  readonly serial: string;
  /** `1.2.3` of this program. */
  readonly toolVersion: string;
}
