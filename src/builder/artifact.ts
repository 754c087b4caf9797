import type { GeneratedData } from "./hook.ts";
import type { Product, ProductCopy } from "./publish-omi.ts";

/** The builder's id, by which post-processors know whose artifact they have. */
export const BuilderId = "oapi.outscale.chroot";

interface ArtifactParts {
  readonly region: string;
  readonly product: Product;
  readonly data: GeneratedData;
  /** Deletes the OMI, its copies and their own snapshots. */
  readonly destroy: () => Promise<void>;
}

/**
 * What stands in which region, in the form of Packer's own builders: `eu-west-2:ami-1a2b3c4d,us-east-2:ami-5e6f7a8b`.
 */
export function artifactIdOf(region: string, product: Pick<Product, "imageId" | "copies">): string {
  return placesOf(region, product)
    .map((place) => `${place.region}:${place.imageId}`)
    .join(",");
}

/** The OMI and its copies, by region. */
function placesOf(region: string, { imageId, copies = [] }: Pick<Product, "imageId" | "copies">) {
  const places = [{ region, imageId }, ...copies.map((copy) => ({ region: copy.region, imageId: copy.imageId }))];
  return places.toSorted((a, b) => (a.region < b.region ? -1 : 1));
}

/** What a build made: one OMI, and its copies in other regions. */
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

  /** `REGION:OMI`, such as `eu-west-2:ami-1a2b3c4d`; with copies, all of them, joined by commas. */
  get id(): string {
    return artifactIdOf(this.region, this.product);
  }

  /** The OMI in other regions (`omi_regions`). */
  get copies(): readonly ProductCopy[] {
    return this.product.copies ?? [];
  }

  /** It was made before, of the same, and this build has made nothing: `skip_unchanged`. */
  get isReused(): boolean {
    return this.product.isReused === true;
  }

  string(): string {
    const list = placesOf(this.region, this.product).map(({ region, imageId }) => `${region}: ${imageId}\n`);
    const isNothingNew = this.isReused && this.copies.every(({ isReused }) => isReused);
    return `${isNothingNew ? "Nothing has changed, no OMI was created" : "OMIs were created"}:\n${list.join("")}`;
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
        return Object.fromEntries(
          placesOf(this.region, this.product).map(({ region, imageId }) => [`region.${region}`, imageId]),
        );
      case "par.artifact.metadata":
        return placesOf(this.region, this.product).map(({ region, imageId }) => ({
          ImageID: imageId,
          ProviderName: "osc",
          ProviderRegion: region,
          Labels: {},
          SourceImageID: this.data.SourceOMI,
        }));
      default:
        return undefined;
    }
  }

  /**
   * Deregisters the OMI and deletes its own snapshots, in every region. What is gone already is no failure, and what was
   * there before the build stays.
   * @throws {ApiError}
   */
  async destroy(): Promise<void> {
    await this.#destroy();
  }
}

/** The artifacts of several builds as one id: sorted and joined by commas. */
export function joinArtifactIds(artifacts: readonly OmiArtifact[]): string {
  return artifacts
    .flatMap(({ id }) => id.split(","))
    .sort()
    .join(",");
}
