import type { ImageInspector, InspectedImage } from "../builder/image-inspector.ts";
import { messageOf, throwIfCancelled } from "../common/errors.ts";
import type { ImageDiff } from "../evidence/image-diff.ts";
import type { ImageScans } from "../evidence/image-scans.ts";
import type { ImageContents, ScanInput } from "../evidence/scan-image.ts";

/** What is wanted to be known of an image that is built. */
export interface EvidenceWishes {
  /** What the build has changed in it. It costs two walks over its files. */
  readonly diff: boolean;
}

/** What is known of an image that was built. */
export interface ImageEvidence {
  /** Packages, users and the rest, as it was when it was provisioned. */
  readonly contents: ImageContents;
  /** Undefined when it was not asked for. */
  readonly diff: ImageDiff | undefined;
}

/**
 * Gathers evidence while an image is mounted. That it fails is no failure of the build: the image is the same, and less is
 * known of it.
 */
export class EvidenceCollector implements ImageInspector, AsyncDisposable {
  readonly #wishes: EvidenceWishes;
  #scans: ImageScans | undefined;
  #hasBefore = false;
  #evidence: ImageEvidence | undefined;

  constructor(wishes: EvidenceWishes) {
    this.#wishes = wishes;
  }

  /** Undefined until the image is provisioned. */
  get evidence(): ImageEvidence | undefined {
    return this.#evidence;
  }

  /** A step that is tried again may mount it a second time: what it was before stays what it was. */
  async mounted(image: InspectedImage): Promise<void> {
    if (!this.#wishes.diff || this.#hasBefore) return;
    await this.#try(image, async (scans) => {
      if (image.isFromScratch) await scans.scanNothing("before", image.root);
      else await scans.scan("before", this.#inputOf(image));
      this.#hasBefore = true;
    });
  }

  async provisioned(image: InspectedImage): Promise<void> {
    await this.#try(image, async (scans) => {
      const contents = await scans.scan("after", this.#inputOf(image));
      const names = ["before", "after"] as const;
      const diff = this.#hasBefore ? await scans.compare({ names, areBothThere: false }) : undefined;
      for (const note of diff?.notes ?? contents.notes) image.warn(note);
      this.#evidence = { contents, diff };
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#scans?.[Symbol.asyncDispose]();
  }

  async #try({ signal, warn }: InspectedImage, look: (scans: ImageScans) => Promise<void>): Promise<void> {
    throwIfCancelled(signal);
    try {
      // Loaded by those who want it alone.
      this.#scans ??= new (await import("../evidence/image-scans.ts")).ImageScans({ signal });
      await look(this.#scans);
    } catch (error) {
      throwIfCancelled(signal);
      warn(`The image could not be inspected: ${messageOf(error)}`);
    }
  }

  #inputOf({ root, mountPoints, foreignMounts }: InspectedImage): ScanInput {
    return { root, mountPoints, foreignMounts, files: this.#wishes.diff };
  }
}
