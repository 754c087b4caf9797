import { describe, expect, it } from "vitest";
import { sourceOmi, volume } from "../../../tests/support/builder/api-objects.ts";
import { fakeBuild } from "../../../tests/support/builder/fake-build.ts";
import { runHeader } from "../../../tests/support/builder/run-context.ts";
import { runRecord } from "../../../tests/support/builder/run-record.ts";
import { ConfigError, DeviceError, UsageError } from "../../common/errors.ts";
import type { OpenResource, RunRecord } from "../journal/read-journal.ts";
import { copyWishOf } from "../region-copy/copy-wish.ts";
import { recordOf } from "../resources/kinds.ts";
import { takeOverRun } from "./take-over-run.ts";
import { takeOverVolume } from "./take-over-volume.ts";

const vm = { id: "i-1", subregionName: "eu-west-2a" };
const intent = { clientToken: "token", vmId: "i-1" };
const left: OpenResource = {
  ...{ seq: 1, kind: "volume", intent, facts: {}, id: "vol-1" },
  recorded: recordOf("volume", intent),
};

const recordWith = (parts: Partial<RunRecord> = {}) => runRecord({ resources: [left], ...parts });

describe("takeOverRun()", () => {
  it("names every option that makes another volume, before anything is touched", async () => {
    await using fake = await fakeBuild({ config: { root_volume_size: 20, root_volume_type: "io1" } });
    const base = { source_omi: "ami-other", root_volume_size: 10, mount_partition: null };
    const error = await takeOverRun(fake.build, {
      vm,
      original: { ...sourceOmi(), rootMapping: { DeviceName: "/dev/sda1", Bsu: { VolumeType: "io1", Iops: 100 } } },
      resumed: recordWith({ base }),
    }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigError);
    const { problems } = error as ConfigError;
    expect(problems.map(({ option, message }) => `${option} ${message}`)).toContain(
      "root_volume_size was 10 when the volume was made, and is 20 now",
    );
    expect(problems.map(({ option }) => option)).toContain("source_omi");
    expect(fake.calls).toEqual([]);
  });

  it.each([
    ["one without a volume", { resources: [] }, "has no volume to continue with"],
    ["one whose volume nobody saw", { resources: [{ ...left, id: undefined }] }, "has no volume to continue with"],
    [
      "one whose OMI is there",
      { product: { imageId: "ami-1", name: "web", snapshotIds: [] } },
      "has published its OMI",
    ],
  ])("refuses %s", async (_what, parts, words) => {
    await using fake = await fakeBuild();
    const taking = takeOverRun(fake.build, { vm, original: sourceOmi(), resumed: recordWith(parts) });
    await expect(taking).rejects.toThrow(UsageError);
    await expect(taking).rejects.toThrow(words);
  });

  it("says what is left to do for one that was copying its OMI to other regions", async () => {
    await using fake = await fakeBuild();
    const resumed = recordWith({
      product: { imageId: "ami-1", name: "web", snapshotIds: [] },
      copies: {
        ...copyWishOf(fake.build.config),
        ...{ regions: ["us-east-2", "us-west-1"], bucket: "acme", snapshotAccountIds: ["111111111111"] },
      },
      copied: ["us-east-2"],
    });
    const taking = takeOverRun(fake.build, { vm, original: sourceOmi(), resumed });
    await expect(taking).rejects.toMatchObject({
      hint: expect.stringMatching(
        /cleanup .*outscale-chroot omi copy -to us-west-1 -bucket acme -share-snapshot us-west-1=111111111111 ami-1$/,
      ),
    });
  });
});

describe("takeOverVolume()", () => {
  it("takes the volume, and deletes it when its scope ends", async () => {
    let there = true;
    const api = {
      readVolumes: () => ({ Volumes: there ? [volume({ ClientToken: "token" })] : [] }),
      deleteVolume: () => {
        there = false;
        return {};
      },
    };
    await using fake = await fakeBuild({ api });
    const taken = await takeOverVolume(fake.build, { resumed: recordWith(), temporary: fake.scope });
    expect(taken).toMatchObject({ id: "vol-1", sizeGib: 10 });
    await fake.scope[Symbol.asyncDispose]();
    expect(there).toBe(false);
  });

  it.each([
    ["is gone", []],
    ["is gone", [volume({ State: "deleting" })]],
    ["is not the one that the run has made", [volume({ ClientToken: "another" })]],
  ])("refuses one that %s, and holds nothing", async (words, Volumes) => {
    await using fake = await fakeBuild({ api: { readVolumes: () => ({ Volumes }) } });
    const taking = takeOverVolume(fake.build, { resumed: recordWith(), temporary: fake.scope });
    await expect(taking).rejects.toThrow(DeviceError);
    await expect(taking).rejects.toThrow(`The volume vol-1 of the run ${runHeader.runId} ${words}`);
    expect(fake.scope.size).toBe(0);
  });
});
