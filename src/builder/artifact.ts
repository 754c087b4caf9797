import type { GeneratedData } from "./hook.ts";
import type { Product } from "./publish-omi.ts";

/** The builder's id, by which post-processors know whose artifact they have. */
export const BuilderId = "oapi.outscale.chroot";

interface ArtifactParts {
  readonly region: string;
  readonly product: Product;
  readonly data: GeneratedData;
  /** Deletes the OMI and its own snapshots. */
  readonly destroy: () => Promise<void>;
}

/** What a build made: one OMI in one region. */
export class OmiArtifact {
  readonly builderId = BuilderId;
  /** An OMI is no file. */
  readonly files: readonly string[] = [];
  readonly product: Product;
  readonly region: string;
  /** The values of `build.*`. */
  readonly data: GeneratedData;
  readonly #destroy: () => Promise<void>;

  constructor({ region, product, data, destroy }: ArtifactParts) {
    this.region = region;
    this.product = product;
    this.data = data;
    this.#destroy = destroy;
  }

  /** `REGION:OMI`, such as `eu-west-2:ami-1a2b3c4d`. */
  get id(): string {
    return `${this.region}:${this.product.imageId}`;
  }

  /** It was made before, of the same, and this build has made nothing: `skip_unchanged`. */
  get isReused(): boolean {
    return this.product.isReused === true;
  }

  string(): string {
    if (this.isReused) return `Nothing has changed, no OMI was created:\n${this.region}: ${this.product.imageId}\n`;
    return `OMIs were created:\n${this.region}: ${this.product.imageId}\n`;
  }

  /**
   * What the artifact knows under a name: `generated_data` (the `build.*` values), `atlas.artifact.metadata`, or
   * `par.artifact.metadata` (what the HCP Packer registry asks for). Undefined for anything else.
   */
  state(name: string): unknown {
    switch (name) {
      case "generated_data":
        return this.data;
      case "atlas.artifact.metadata":
        return { [`region.${this.region}`]: this.product.imageId };
      case "par.artifact.metadata":
        return [
          {
            ImageID: this.product.imageId,
            ProviderName: "osc",
            ProviderRegion: this.region,
            Labels: {},
            SourceImageID: this.data.SourceOMI,
          },
        ];
      default:
        return undefined;
    }
  }

  /**
   * Deregisters the OMI and deletes its own snapshots. What is gone already is no failure, and what was there before the
   * build stays.
   * @throws {ApiError}
   */
  async destroy(): Promise<void> {
    await this.#destroy();
  }
}

/** The artifacts of several builds as one id: sorted and joined by commas. */
export function joinArtifactIds(artifacts: readonly OmiArtifact[]): string {
  return artifacts
    .map(({ id }) => id)
    .sort()
    .join(",");
}
