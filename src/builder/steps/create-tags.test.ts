import { describe, expect, it } from "vitest";
import { refusal, sourceOmi } from "../../../tests/support/builder/api-objects.ts";
import { fakeBuild } from "../../../tests/support/builder/fake-build.ts";
import { tagOmi } from "./create-tags.ts";

const input = {
  imageId: "ami-1",
  snapshotIds: ["snap-1", "snap-2"],
  source: sourceOmi({ Tags: [{ Key: "os", Value: "12" }] }),
};

describe("tagOmi()", () => {
  it("sends nothing without tags", async () => {
    await using fake = await fakeBuild();
    await tagOmi(fake.build, { ...input, source: undefined });
    expect([fake.calls, fake.ui.lines]).toEqual([[], []]);
  });

  it("tags the OMI and its snapshots, then the snapshots alone, whose tags win", async () => {
    const config = { tags: { Name: "{{.SourceOMIName}} {{.SourceOMITags.os}}" }, snapshot_tags: { Name: "root" } };
    await using fake = await fakeBuild({ config });
    await tagOmi(fake.build, input);
    expect(fake.calls).toEqual([
      ["createTags", { ResourceIds: ["ami-1", "snap-1", "snap-2"], Tags: [{ Key: "Name", Value: "Debian 12" }] }],
      ["createTags", { ResourceIds: ["snap-1", "snap-2"], Tags: [{ Key: "Name", Value: "root" }] }],
    ]);
    expect(fake.ui.lines).toEqual([
      "say: Tagging ami-1, snap-1, snap-2...",
      'message: Tag: "Name": "Debian 12"',
      'message: Snapshot tag: "Name": "root"',
    ]);
  });

  it("waits until what was made a moment ago is known everywhere", async () => {
    const answers = [refusal("CreateTags", "5023"), refusal("CreateTags", "5023"), {}];
    const createTags = () => {
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return answer;
    };
    await using fake = await fakeBuild({ config: { tags: { a: "b" } }, api: { createTags } });
    await tagOmi(fake.build, input);
    expect(fake.calls).toHaveLength(3);
  });

  it.each(["tags", "snapshot_tags"])("refuses the secret key in %s, which others can read", async (option) => {
    await using fake = await fakeBuild({ config: { [option]: { note: "key SECRETKEYOFTHETEST" } } });
    await expect(tagOmi(fake.build, input)).rejects.toMatchObject({ problems: [{ option }] });
    expect(fake.calls).toEqual([]);
  });

  it("fails when the user's tags are refused", async () => {
    const createTags = () => {
      throw refusal("CreateTags");
    };
    await using fake = await fakeBuild({ config: { tags: { a: "b" } }, api: { createTags } });
    await expect(tagOmi(fake.build, input)).rejects.toMatchObject({ step: "StepCreateTags" });
    expect(fake.calls).toHaveLength(1);
  });
});
