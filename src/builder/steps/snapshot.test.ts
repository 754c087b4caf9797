import { describe, expect, it } from "vitest";
import { lostAnswer, refusal, rootVolume, snapshot, sourceOmi } from "../../../tests/support/builder/api-objects.ts";
import { fakeBuild } from "../../../tests/support/builder/fake-build.ts";
import { WaitError } from "../../outscale/errors.ts";
import type { Snapshot } from "../../outscale/oapi.ts";
import { createSnapshot } from "./snapshot.ts";

const made = snapshot({ SnapshotId: "snap-made", State: "completed" });
const api = { createSnapshot: () => ({ Snapshot: made }), readSnapshots: () => ({ Snapshots: [made] }) };
const token = "outscale-chroot-0123456789ab-snapshot";

describe("createSnapshot()", () => {
  it("takes it, tags it and waits until it is completed", async () => {
    const states = ["pending", "pending", "completed"];
    const readSnapshots = () => ({ Snapshots: [{ ...made, State: states.shift() }] });
    await using fake = await fakeBuild({ api: { ...api, readSnapshots } });
    const input = { volume: rootVolume, source: sourceOmi(), omiName: "web", undo: fake.scope };
    expect(await createSnapshot(fake.build, input)).toBe("snap-made");
    expect(fake.calls.slice(0, 2)).toEqual([
      [
        "createSnapshot",
        { VolumeId: "vol-1", Description: "Root of web (outscale-chroot run 0123456789ab)", ClientToken: token },
      ],
      ["createTags", { ResourceIds: ["snap-made"], Tags: [{ Key: "outscale-chroot:run", Value: "0123456789ab" }] }],
    ]);
    expect(states).toEqual([]);
    expect(fake.entries()).toEqual([
      { type: "intent", seq: 1, kind: "snapshot", intent: { clientToken: token } },
      { type: "result", seq: 1, id: "snap-made" },
    ]);
    expect(fake.ui.lines).toEqual(["say: Creating the snapshot...", "message: Snapshot ID: snap-made"]);
  });

  it("renders the description with what is known of the source", async () => {
    await using fake = await fakeBuild({ config: { snapshot_description: "of {{.SourceOMIName}}" }, api });
    await createSnapshot(fake.build, { volume: rootVolume, source: sourceOmi(), omiName: "web", undo: fake.scope });
    expect(fake.calls[0]).toMatchObject(["createSnapshot", { Description: "of Debian" }]);
  });

  it("waits while the account takes as many at once as it may", async () => {
    const answers = [refusal("CreateSnapshot", "10008"), refusal("CreateSnapshot", "10008")];
    const create = () => {
      const error = answers.shift();
      if (error !== undefined) throw error;
      return { Snapshot: made };
    };
    await using fake = await fakeBuild({ api: { ...api, createSnapshot: create } });
    await createSnapshot(fake.build, { volume: rootVolume, source: undefined, omiName: "web", undo: fake.scope });
    expect(fake.ui.of("message").filter((line) => line.includes("at the same time"))).toHaveLength(2);
  });

  it("takes the one that a lost answer was about, by its token", async () => {
    const create = () => {
      throw lostAnswer("CreateSnapshot");
    };
    const readSnapshots = () => ({ Snapshots: [{ ...made, ClientToken: token }] });
    await using fake = await fakeBuild({ api: { ...api, createSnapshot: create, readSnapshots } });
    const input = { volume: rootVolume, source: undefined, omiName: "web", undo: fake.scope };
    expect(await createSnapshot(fake.build, input)).toBe("snap-made");
    expect(fake.calls.filter(([call]) => call === "createSnapshot")).toHaveLength(1);
  });

  it("leaves one that ends in error to its scope", async () => {
    const readSnapshots = () => ({ Snapshots: [{ ...made, State: "error" }] });
    await using fake = await fakeBuild({ api: { ...api, readSnapshots } });
    const input = { volume: rootVolume, source: undefined, omiName: "web", undo: fake.scope };
    await expect(createSnapshot(fake.build, input)).rejects.toThrow(WaitError);
    expect([fake.scope.size, fake.build.journal.hasOpenResources]).toEqual([1, true]);
  });

  it("asks for another one when it is tried again: the service remembers what it has made for a token", async () => {
    const made: Snapshot[] = [];
    const create = ({ ClientToken }: { readonly ClientToken: string }) => {
      const same = made.find((each) => each.ClientToken === ClientToken);
      const number = made.length + 1;
      const Snapshot =
        same ?? snapshot({ SnapshotId: `snap-${number}`, ClientToken, State: number === 1 ? "error" : "completed" });
      if (same === undefined) made.push(Snapshot);
      return { Snapshot };
    };
    const gone = new Set<string>();
    const api = {
      createSnapshot: create,
      readSnapshots: () => ({ Snapshots: made.filter(({ SnapshotId }) => !gone.has(SnapshotId)) }),
      deleteSnapshot: ({ SnapshotId }: { readonly SnapshotId: string }) => {
        gone.add(SnapshotId);
        return {};
      },
    };
    await using fake = await fakeBuild({ config: { packer_on_error: "ask" }, api });
    fake.ui.answers.push("r", "c");
    const input = { volume: rootVolume, source: undefined, omiName: "web", undo: fake.scope };
    expect(await createSnapshot(fake.build, input)).toBe("snap-2");
    expect([fake.ui.of("ask").length, [...gone]]).toEqual([1, ["snap-1"]]);
  });
});
