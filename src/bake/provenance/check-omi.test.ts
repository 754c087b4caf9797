import { describe, expect, it } from "vitest";
import { scriptedApi } from "../../../tests/support/outscale/scripted-api.ts";
import { ProvenanceError } from "../../evidence/provenance/provenance-error.ts";
import { checkOmi } from "./check-omi.ts";

const omi = { region: "eu-west-2", accountId: "123456789012", imageId: "ami-1a2b3c4d", snapshotIds: ["snap-1"] };
const image = (more: Record<string, unknown> = {}, snapshots: readonly string[] = ["snap-1"]) => ({
  ImageId: omi.imageId,
  AccountId: omi.accountId,
  State: "available",
  BlockDeviceMappings: snapshots.map((SnapshotId) => ({ Bsu: { SnapshotId } })),
  ...more,
});

describe("checkOmi()", () => {
  const check = (images: readonly unknown[], region = "eu-west-2") => {
    const { api } = scriptedApi({
      readImages: () => ({ Images: images }),
      readSnapshots: () => ({ Snapshots: [{ SnapshotId: "snap-own", AccountId: omi.accountId }] }),
    });
    return checkOmi({ api, region }, omi);
  };

  it("finds the OMI that a statement names", async () => {
    expect(await check([image()])).toBe("ami-1a2b3c4d of the account 123456789012, made of snap-1");
  });

  it.each([
    ["is gone", [], "There is no OMI ami-1a2b3c4d"],
    ["is pending", [image({ State: "pending" })], "it is pending"],
    ["belongs to others", [image({ AccountId: "000000000000" })], "it belongs to the account 000000000000"],
    ["is made of something else", [image({}, ["snap-2"])], "it is not made of snap-1"],
    ["is made of more", [image({}, ["snap-1", "snap-own"])], "it is also made of snap-own"],
  ])("refuses one that %s", async (_what, images, message) => {
    await expect(check(images)).rejects.toThrow(message);
    await expect(check(images)).rejects.toThrow(ProvenanceError);
  });

  it("refuses an account of another region", async () => {
    await expect(check([image()], "us-east-2")).rejects.toThrow("in the region eu-west-2");
  });
});
