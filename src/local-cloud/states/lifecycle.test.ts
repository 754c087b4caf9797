import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTestCore, type TestCore } from "../../../tests/support/local-cloud/test-core.ts";
import { FakeClock } from "../../../tests/support/outscale/fake-clock.ts";
import { systemClock } from "../../common/clock.ts";
import { type Transition, transitions } from "./transitions.ts";

describe("transitions", () => {
  it.each(Object.entries(transitions) as [string, Transition][])(
    "lead from %s to a state that is another",
    (name, { next, failed }) => {
      const state = name.split(".")[1];
      expect([next, failed]).not.toContain(state);
    },
  );
});

describe("Lifecycle", () => {
  let clock: FakeClock;
  let test: TestCore;
  const idle = () => clock.run(test.core.lifecycle.idle());
  const volume = (id: string) => test.core.store.volumes.get(id)?.api;
  const snapshot = (id: string) => test.core.store.snapshots.get(id)?.api;

  async function newVolume(): Promise<string> {
    const { VolumeId } = test.call("CreateVolume", { SubregionName: "eu-west-2a", Size: 1 }).Volume;
    await idle();
    return VolumeId;
  }

  /** A completed snapshot whose disk has "data". */
  async function newSnapshot({ call, core, disks }: TestCore): Promise<{ source: string }> {
    const { VolumeId } = call("CreateVolume", { SubregionName: "eu-west-2a", Size: 1 }).Volume;
    await clock.run(core.lifecycle.idle());
    disks.disks.set(VolumeId, { contents: "data", sizeGib: 1 });
    const { SnapshotId } = call("CreateSnapshot", { VolumeId }).Snapshot;
    await clock.run(core.lifecycle.idle());
    return { source: SnapshotId };
  }

  /** A snapshot that is being deleted while a copy of it is begun. */
  async function copyOfDeleted(on: TestCore): Promise<{ source: string; copy: string }> {
    const { source } = await newSnapshot(on);
    const asked = { SourceSnapshotId: source, SourceRegionName: "eu-west-2" };
    const { SnapshotId: copy } = on.call("CreateSnapshot", asked).Snapshot;
    on.call("DeleteSnapshot", { SnapshotId: source });
    return { source, copy };
  }

  beforeEach(async () => {
    clock = new FakeClock();
    test = await openTestCore({ clock, latency: "realistic" });
  });
  afterEach(async () => test[Symbol.asyncDispose]());

  it("keeps a state for as long as the latency profile says", async () => {
    const before = clock.now();
    const id = await newVolume();
    expect([volume(id)?.State, clock.now() - before]).toEqual([
      "available",
      transitions["volume.creating"].realisticMs,
    ]);
  });

  it("moves any number of objects at a time, without a warning of Node's", async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    process.on("warning", onWarning);
    await using real = await openTestCore({ clock: systemClock, latency: { "volume.creating": 1 } });
    for (let count = 0; count < 20; count++) real.call("CreateVolume", { SubregionName: "eu-west-2a", Size: 1 });
    await real.core.lifecycle.idle();
    await setImmediate();
    process.off("warning", onWarning);
    expect(warnings).toEqual([]);
  });

  it("shows a snapshot's progress by the time that has passed", async () => {
    const VolumeId = await newVolume();
    test.core.faults.add({ kind: "stuck", transition: "snapshot.pending" });
    const { SnapshotId } = test.call("CreateSnapshot", { VolumeId }).Snapshot;
    const seen = () => test.call("ReadSnapshots", { Filters: { SnapshotIds: [SnapshotId] } }).Snapshots[0];
    expect(seen()).toMatchObject({ State: "in-queue", Progress: 0 });
    await idle();
    expect(seen()).toMatchObject({ State: "pending", Progress: 0 });
    await clock.run(clock.sleep(transitions["snapshot.pending"].realisticMs / 2));
    expect(seen()).toMatchObject({ State: "pending", Progress: 50 });
    await clock.run(clock.sleep(transitions["snapshot.pending"].realisticMs));
    expect(seen()).toMatchObject({ State: "pending", Progress: 99 });
    test.core.faults.clear();
    await idle();
    expect(seen()).toMatchObject({ State: "completed", Progress: 100 });
  });

  it("keeps a deleted volume's disk until its snapshots are cut", async () => {
    const VolumeId = await newVolume();
    test.disks.disks.set(VolumeId, { contents: "data", sizeGib: 1 });
    const { SnapshotId } = test.call("CreateSnapshot", { VolumeId }).Snapshot;
    test.call("DeleteVolume", { VolumeId });
    await idle();
    expect(snapshot(SnapshotId)?.State).toBe("completed");
    expect(test.disks.disks.get(SnapshotId)?.contents).toBe("data");
    expect([volume(VolumeId), test.disks.has(VolumeId)]).toEqual([undefined, false]);
  });

  it("keeps a deleted volume's disk for a snapshot that is stuck", async () => {
    const VolumeId = await newVolume();
    test.disks.disks.set(VolumeId, { contents: "data", sizeGib: 1 });
    test.core.faults.add({ kind: "stuck", transition: "snapshot.pending" });
    const { SnapshotId } = test.call("CreateSnapshot", { VolumeId }).Snapshot;
    test.call("DeleteVolume", { VolumeId });
    await idle();
    expect([snapshot(SnapshotId)?.State, volume(VolumeId)?.State]).toEqual(["pending", "deleting"]);
    test.core.faults.clear();
    await idle();
    expect(test.disks.disks.get(SnapshotId)?.contents).toBe("data");
    expect([volume(VolumeId), test.disks.has(VolumeId)]).toEqual([undefined, false]);
  });

  it("keeps a deleted snapshot's disk until the volumes of it are filled", async () => {
    const source = await newVolume();
    test.disks.disks.set(source, { contents: "data", sizeGib: 1 });
    const { SnapshotId } = test.call("CreateSnapshot", { VolumeId: source }).Snapshot;
    await idle();
    const { VolumeId } = test.call("CreateVolume", { SubregionName: "eu-west-2a", SnapshotId }).Volume;
    test.call("DeleteSnapshot", { SnapshotId });
    expect(test.call("ReadSnapshots", { Filters: { SnapshotIds: [SnapshotId] } }).Snapshots).toEqual([]);
    await idle();
    expect(test.disks.disks.get(VolumeId)?.contents).toBe("data");
    expect(test.disks.has(SnapshotId)).toBe(false);
  });

  it("keeps a deleted snapshot's disk until the copies of it are made", async () => {
    const { source, copy } = await copyOfDeleted(test);
    await idle();
    expect(snapshot(copy)?.State).toBe("completed");
    expect(test.disks.disks.get(copy)?.contents).toBe("data");
    expect([snapshot(source), test.disks.has(source)]).toEqual([undefined, false]);
  });

  it("keeps a deleted snapshot's disk until the exports of it are written", async () => {
    const { source } = await newSnapshot(test);
    const { id: accountId } = test.core.accounts.byRole("builder");
    test.core.store.buckets.put({ id: "exports", accountId, createdAt: "", acl: "private" });
    const OsuExport = { DiskImageFormat: "qcow2", OsuBucket: "exports" };
    const { TaskId } = test.call("CreateSnapshotExportTask", { SnapshotId: source, OsuExport }).SnapshotExportTask;
    test.call("DeleteSnapshot", { SnapshotId: source });
    await idle();
    expect(test.core.store.exportTasks.get(TaskId)?.api.State).toBe("completed");
    expect([snapshot(source), test.disks.has(source)]).toEqual([undefined, false]);
  });

  it("deletes a snapshot that is still being cut", async () => {
    const VolumeId = await newVolume();
    const { SnapshotId } = test.call("CreateSnapshot", { VolumeId }).Snapshot;
    test.call("DeleteSnapshot", { SnapshotId });
    await idle();
    expect([snapshot(SnapshotId), test.disks.has(SnapshotId)]).toEqual([undefined, false]);
  });

  it.each([
    ["volume.creating", "error"],
    ["snapshot.pending", "error"],
  ] as const)("ends in an error state when %s is made to fail", async (transition, expected) => {
    const earlier = await newVolume();
    test.core.faults.add({ kind: "fail", transition });
    const made =
      transition === "volume.creating"
        ? await newVolume()
        : test.call("CreateSnapshot", { VolumeId: earlier }).Snapshot.SnapshotId;
    await idle();
    expect((volume(made) ?? snapshot(made))?.State).toBe(expected);
  });

  it("fails an image when a snapshot of it fails", async () => {
    test.core.faults.add({ kind: "fail", transition: "snapshot.pending" });
    const { ImageId } = test.call("CreateImage", { ImageName: "vm image", VmId: test.vmId }).Image;
    await idle();
    expect(test.core.store.images.get(ImageId)?.api).toMatchObject({
      State: "failed",
      StateComment: {
        StateCode: "failed",
        StateMessage: expect.stringMatching(
          /^It cannot be made: snap-\w+: The state snapshot.pending was made to fail$/,
        ),
      },
    });
  });

  it("leaves an image pending while a snapshot of it is stuck", async () => {
    test.core.faults.add({ kind: "stuck", transition: "snapshot.pending" });
    const { ImageId } = test.call("CreateImage", { ImageName: "vm image", VmId: test.vmId }).Image;
    const state = () => test.core.store.images.get(ImageId)?.api.State;
    await idle();
    expect(state()).toBe("pending");
    test.core.faults.clear();
    await idle();
    expect(state()).toBe("available");
  });

  it("leaves a stuck object where it is until the faults are cleared", async () => {
    test.core.faults.add({ kind: "stuck", transition: "volume.creating" });
    const id = await newVolume();
    await clock.run(clock.sleep(3_600_000));
    expect(volume(id)?.State).toBe("creating");
    test.core.faults.clear();
    await idle();
    expect(volume(id)?.State).toBe("available");
  });

  it("shows the device later than the link is attached, when a fault asks for it", async () => {
    const VolumeId = await newVolume();
    test.core.faults.add({ kind: "late-device", ms: 5_000 });
    test.call("LinkVolume", { VmId: test.vmId, VolumeId, DeviceName: "/dev/xvdf" });
    await idle();
    expect([volume(VolumeId)?.LinkedVolumes[0]?.State, test.disks.devices()]).toEqual(["attached", []]);
    await clock.run(clock.sleep(5_000));
    await expect.poll(() => test.disks.devices().map(({ id }) => id)).toEqual([VolumeId]);
  });

  it("goes on, after a restart, with what a closed cloud had begun", async () => {
    const stateFolder = await mkdtemp(join(tmpdir(), "restart-"));
    const first = await openTestCore({ stateFolder, clock, latency: "realistic" });
    const { VolumeId } = first.call("CreateVolume", { SubregionName: "eu-west-2a", Size: 1 }).Volume;
    await first[Symbol.asyncDispose]();
    const second = await openTestCore({ stateFolder, clock, latency: "realistic" });
    try {
      expect(second.core.store.volumes.get(VolumeId)?.api.State).toBe("creating");
      await clock.run(second.core.lifecycle.idle());
      expect(second.core.store.volumes.get(VolumeId)?.api.State).toBe("available");
    } finally {
      await second[Symbol.asyncDispose]();
      await rm(stateFolder, { recursive: true });
    }
  });

  it("closes, and goes on after a restart, while a snapshot that is copied is being deleted", async () => {
    const stateFolder = await mkdtemp(join(tmpdir(), "restart-"));
    const first = await openTestCore({ stateFolder, clock, latency: "realistic" });
    const { source, copy } = await copyOfDeleted(first);
    // Past the time of a deletion: it waits for the copy, which takes longer.
    await clock.run(clock.sleep(1));
    await first[Symbol.asyncDispose]();
    const second = await openTestCore({ stateFolder, clock, latency: "realistic" });
    try {
      const stateOf = (id: string) => second.core.store.snapshots.get(id)?.api.State;
      expect([stateOf(source), stateOf(copy)]).toEqual(["deleting", "in-queue"]);
      await clock.run(second.core.lifecycle.idle());
      expect([stateOf(source), stateOf(copy), second.disks.has(source)]).toEqual([undefined, "completed", false]);
    } finally {
      await second[Symbol.asyncDispose]();
      await rm(stateFolder, { recursive: true });
    }
  });
});
