import { type CompareInput, compareImages } from "./compare-images.ts";
import type { ImageDiff } from "./image-diff.ts";
import { emptyScan, type ImageContents, type ImageScan, type ScanInput, scanImage } from "./scan-image.ts";

/** Which of two images. */
export type Side = "before" | "after";

export type ScanRequest =
  | { readonly type: "scan"; readonly side: Side; readonly input: ScanInput }
  | { readonly type: "scan-nothing"; readonly side: Side; readonly root: string }
  | { readonly type: "compare"; readonly input: CompareInput };

/** Holds two images' scans: their trees are large, and never leave the thread that made them. */
export class ScanJob {
  readonly #scans = new Map<Side, ImageScan>();

  async do(request: ScanRequest): Promise<ImageContents | ImageDiff> {
    if (request.type === "compare") return this.#compare(request.input);
    const { side } = request;
    const scan = request.type === "scan" ? await scanImage(request.input) : emptyScan(request.root);
    this.#scans.set(side, scan);
    const { os, packages, partitions, users, notes } = scan;
    return { os, packages, partitions, users, notes };
  }

  #compare(input: CompareInput): ImageDiff {
    const [before, after] = [this.#scans.get("before"), this.#scans.get("after")];
    if (before === undefined || after === undefined)
      throw new Error("Two images are compared before both were scanned");
    return compareImages(before, after, input);
  }
}
