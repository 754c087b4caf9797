import { describe, expect, it } from "vitest";
import { generatedData } from "../../tests/support/builder/generated-data.ts";
import { joinArtifactIds, OmiArtifact } from "./artifact.ts";
import type { Product } from "./publish-omi.ts";

const copy = (region: string, imageId: string, isReused = false) => ({
  ...{ region, accountId: "222222222222", imageId, snapshotIds: [] },
  isReused,
});
const artifact = (product: Partial<Product>) =>
  new OmiArtifact({
    region: "eu-west-2",
    product: { imageId: "ami-1", name: "web", snapshotIds: [], ...product },
    data: generatedData,
    destroy: async () => undefined,
  });

describe("OmiArtifact", () => {
  const copied = artifact({ copies: [copy("us-east-2", "ami-3"), copy("ap-northeast-1", "ami-2")] });

  it("names every region in Packer's form, sorted", () => {
    expect(artifact({}).id).toBe("eu-west-2:ami-1");
    expect(copied.id).toBe("ap-northeast-1:ami-2,eu-west-2:ami-1,us-east-2:ami-3");
    expect(copied.string()).toBe("OMIs were created:\nap-northeast-1: ami-2\neu-west-2: ami-1\nus-east-2: ami-3\n");
  });

  it("tells registries of every region", () => {
    expect(copied.state("atlas.artifact.metadata")).toEqual({
      ...{ "region.ap-northeast-1": "ami-2", "region.eu-west-2": "ami-1", "region.us-east-2": "ami-3" },
    });
    expect(copied.state("par.artifact.metadata")).toMatchObject([
      { ImageID: "ami-2", ProviderRegion: "ap-northeast-1" },
      { ImageID: "ami-1", ProviderRegion: "eu-west-2" },
      { ImageID: "ami-3", ProviderRegion: "us-east-2" },
    ]);
  });

  it("says that nothing was made only when no copy was", () => {
    const reused = (isReused: boolean) =>
      artifact({ isReused: true, copies: [copy("us-east-2", "ami-3", isReused)] }).string();
    expect(reused(true)).toMatch(/^Nothing has changed/);
    expect(reused(false)).toMatch(/^OMIs were created/);
  });

  it("joins the ids of several builds as one sorted list", () => {
    expect(joinArtifactIds([copied, artifact({ imageId: "ami-0" })])).toBe(
      "ap-northeast-1:ami-2,eu-west-2:ami-0,eu-west-2:ami-1,us-east-2:ami-3",
    );
  });
});
