import { randomUUID } from "node:crypto";
import { version } from "../common/version.ts";
import type { ImageContents } from "../evidence/scan-image.ts";

/** The standards of bills of materials: CycloneDX 1.6 and SPDX 2.3, both in JSON. */
export type BillFormat = "cyclonedx" | "spdx";

export interface BillInput {
  readonly contents: Pick<ImageContents, "os" | "packages">;
  readonly format: BillFormat;
  /** What the image is called. */
  readonly name: string;
  /** The OMI, if there is one. */
  readonly imageId?: string | undefined;
}

/** The software of an image as a bill of materials (SBOM). The libraries for it are loaded when they are needed. */
export async function billOfMaterials({ contents, format, name, imageId }: BillInput): Promise<string> {
  const { os, packages } = contents;
  const stamp = { createdAt: new Date(), serial: randomUUID(), toolVersion: version };
  const software = { name, imageId, os, packages, ...stamp };
  if (format === "spdx") return (await import("../evidence/sbom/spdx.ts")).spdx(software);
  return (await import("../evidence/sbom/cyclonedx.ts")).cycloneDx(software);
}
