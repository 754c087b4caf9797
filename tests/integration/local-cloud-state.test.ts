import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { exportLocalState, importLocalState, resetLocalCloud } from "../../src/local-cloud/administer-cloud.ts";
import { loopDevicesOf } from "../../src/local-cloud/disks/loop-devices.ts";
import { LocalCloudError } from "../../src/local-cloud/local-cloud-error.ts";
import { type LocalCloud, startLocalCloud } from "../../src/local-cloud/start-local-cloud.ts";
import { bytesSource } from "../../src/outscale/object-storage/object-source.ts";
import { type Answer, signedCall } from "../support/local-cloud/signed-call.ts";
import { storageOf } from "../support/local-cloud/storage-of.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms("losetup", "tar", "zstd");

describe("the exported state of a local cloud", () => {
  let folder: string;
  let cloud: LocalCloud;
  const state = () => join(folder, "state");
  const copy = () => join(folder, "copy");
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "state-"));
  });
  afterEach(async () => {
    await cloud?.close();
    for (const each of [state(), copy()]) await resetLocalCloud(each);
    await expect.poll(() => loopDevicesOf(folder)).toEqual([]);
    rmSync(folder, { recursive: true });
  });

  const call = async (action: string, request: unknown = {}): Promise<Answer["body"]> => {
    const { body } = await signedCall({ endpoint: cloud.endpoint, ...cloud.account("builder") }, action, request);
    await cloud.idle();
    return body;
  };

  it("brings back objects, disks, links and keys, written while the cloud runs", async () => {
    cloud = await startLocalCloud({ stateFolder: state() });
    const { VolumeId } = (await call("CreateVolume", { SubregionName: "eu-west-2a", Size: 1 })).Volume;
    await call("LinkVolume", { VmId: cloud.vmId, VolumeId, DeviceName: "/dev/xvdf" });
    writeFileSync(join(cloud.deviceFolder, "xvdf"), "what was written", { flag: "r+" });
    const object = { bucket: "images", key: "a/disk" };
    await using storage = storageOf({ endpoint: cloud.endpoint, ...cloud.account("builder") });
    await storage.createBucket(object.bucket);
    await storage.put(object, bytesSource("what was put"));
    const before = await Promise.all(
      ["ReadVolumes", "ReadImages", "ReadSnapshots", "ReadVms"].map((action) => call(action)),
    );
    const file = await exportLocalState(state(), join(folder, "cloud.tar.zst"));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(state(), "disks")).filter((name) => name.startsWith("export-"))).toEqual([]);
    await cloud.close();
    await resetLocalCloud(state());

    await importLocalState(copy(), file);
    cloud = await startLocalCloud({ stateFolder: copy() });
    const after = await Promise.all(
      ["ReadVolumes", "ReadImages", "ReadSnapshots", "ReadVms"].map((action) => call(action)),
    );
    const known = (answers: typeof before) => answers.map(({ ResponseContext: _, ...body }) => body);
    expect(known(after)).toEqual(known(before));
    expect(readFileSync(join(cloud.deviceFolder, "xvdf")).toString("utf8", 0, 16)).toBe("what was written");
    await using stored = storageOf({ endpoint: cloud.endpoint, ...cloud.account("builder") });
    expect(String(await stored.read(object, { mostBytes: 99 }))).toBe("what was put");
    await expect(importLocalState(copy(), file)).rejects.toThrow("already");
    await call("UnlinkVolume", { VolumeId });
  });

  it.each<[string, (content: string) => void]>([
    ["is no archive", (content) => writeFileSync(join(content, "../bad.tar"), "junk")],
    ["has keys that are none", (content) => writeFileSync(join(content, "accounts.json"), '[{"role":"king"}]')],
    ["has a link", (content) => symlinkSync("/etc/hostname", join(content, "disks/vol-00000000.raw"))],
    ["has a name that is none of ours", (content) => writeFileSync(join(content, "disks/evil"), "")],
    [
      "names what would be an object's path",
      (content) => writeFileSync(join(content, "state.json"), stateWithBlob("../x")),
    ],
    ["lacks the objects", (content) => rmSync(join(content, "state.json"))],
    ["names what would be a path", (content) => writeFileSync(join(content, "state.json"), stateWithId("../../etc"))],
  ])("is refused when it %s, and nothing is made", async (_, spoil) => {
    const content = join(folder, "content");
    mkdirSync(join(content, "disks"), { recursive: true });
    writeFileSync(join(content, "accounts.json"), "[]");
    writeFileSync(join(content, "state.json"), stateWithId("vol-00000000"));
    spoil(content);
    const bad = join(folder, "bad.tar");
    if (!existsSync(bad)) execFileSync("tar", ["-cf", bad, "-C", content, ...readdirSync(content)]);
    await expect(importLocalState(copy(), bad)).rejects.toThrow(LocalCloudError);
    expect(readdirSync(copy())).toEqual(["lock"]);
  });
});

function stateWithBlob(blob: string): string {
  const state = JSON.parse(stateWithId("vol-00000000"));
  state.tables.objects = [{ id: "b/k", blobs: [{ blob, sizeBytes: 1 }] }];
  return JSON.stringify(state);
}

function stateWithId(id: string): string {
  const volume = { id, accountId: "1", api: { VolumeId: id, LinkedVolumes: [] } };
  const vm = { id: "i-00000000", accountId: "1", api: { VmId: "i-00000000" } };
  const tables = { volumes: [volume], snapshots: [], images: [], vms: [vm], volumeTasks: [], violations: [] };
  return JSON.stringify({ format: 1, disks: "memory", tables });
}
