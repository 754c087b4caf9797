import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect, it } from "vitest";
import { importLocalImage, resetLocalCloud } from "../../src/local-cloud/administer-cloud.ts";
import { loopDevicesOf } from "../../src/local-cloud/disks/loop-devices.ts";
import { type Known, LoadClient } from "../support/local-cloud/cloud-load.ts";
import { type Answer, signedCall } from "../support/local-cloud/signed-call.ts";
import {
  bundleLocalCloud,
  type SpawnedCloud,
  spawnLocalCloud,
  startAndKill,
} from "../support/local-cloud/spawn-local-cloud.ts";
import { Random } from "../support/suite/random.ts";
import { requirePrograms } from "../support/suite/requirements.ts";
import { isWholeSweep } from "../support/suite/sample.ts";

const describe = requirePrograms("losetup", "partx", "sfdisk", "mkfs.ext4", "flock", "qemu-img");
const KILLS = isWholeSweep ? 50 : 8;
const SEED = 20260101;
/** Together, between two kills. */
const MOST_ANSWERS = 40;
const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
const SOURCE_MIB = 32;
/** The work that an answer starts takes about so long. */
const LONGEST_WORK_MS = 60;
const LONGEST_START_MS = 400;

describe("the local cloud under kill -9", () => {
  it(`loses nothing that it acknowledged, in ${KILLS} kills under load`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "local-cloud-kill-"));
    const stateFolder = join(folder, "state");
    let cloud: SpawnedCloud | undefined;
    try {
      const bundle = await bundleLocalCloud(folder);
      const random = new Random(SEED);
      const clients = ["f", "g", "h"].map((slot, index) => new LoadClient(new Random(SEED + index), slot));
      // Killed while the seed image is made, too.
      for (const afterMs of [100, 200, 300, 400]) await startAndKill(bundle, stateFolder, afterMs);
      cloud = await spawnLocalCloud(bundle, stateFolder);
      const source = await importSource(stateFolder, join(folder, "source.raw"));
      for (let kill = 0; kill < KILLS; kill++) {
        const running = Promise.all(clients.map((client) => client.run(cloud as SpawnedCloud, source)));
        await momentToKill(clients, random);
        await cloud.kill(random.pick(["alone", "with its children"]));
        await running;
        if (random.below(3) === 0) await startAndKill(bundle, stateFolder, random.below(LONGEST_START_MS));
        cloud = await spawnLocalCloud(bundle, stateFolder);
        await checkAfterKill(cloud, { clients, stateFolder, source });
      }
      const acknowledged = clients.flatMap(({ tokens }) => tokens.filter(({ id }) => id !== undefined));
      expect(acknowledged.length).toBeGreaterThan(KILLS);
    } finally {
      await cloud?.stop();
      await resetLocalCloud(stateFolder);
      await expect.poll(() => loopDevicesOf(folder)).toEqual([]);
      rmSync(folder, { recursive: true });
    }
  });
});

const WORKING = ["CreateVolume", "LinkVolume", "UnlinkVolume", "CreateSnapshot", "DeleteVolume"] as const;

/** Any moment, or one in the middle of the work that an answer has just started. */
async function momentToKill(clients: readonly LoadClient[], random: Random): Promise<void> {
  await answersUntil(clients, random.below(MOST_ANSWERS));
  if (random.below(3) === 0) return;
  await answersUntil(clients, MOST_ANSWERS, random.pick(WORKING));
  await setTimeout(random.below(LONGEST_WORK_MS));
}

/** Resolves after so many answers, or one to an action. The clock would not do: on a slow machine nothing is answered. */
async function answersUntil(clients: readonly LoadClient[], most: number, action?: string): Promise<void> {
  if (most === 0) return;
  let count = 0;
  await new Promise<void>((resolve) => {
    for (const client of clients) {
      client.onAnswer = (name) => {
        count += 1;
        if (count === most || name === action) resolve();
      };
    }
  });
}

/** A disk with a partition and enough data for copies to be cut in the middle. @returns its snapshot */
async function importSource(stateFolder: string, disk: string): Promise<string> {
  writeFileSync(disk, Buffer.concat([Buffer.alloc(2 * MIB), randomBytes(SOURCE_MIB * MIB)]));
  execFileSync("sfdisk", ["--quiet", disk], { input: "label: dos\nstart=4096, type=83\n" });
  const { BlockDeviceMappings } = await importLocalImage(stateFolder, { name: "source", disk });
  return BlockDeviceMappings[0]?.Bsu?.SnapshotId ?? "";
}

interface Expected {
  readonly clients: readonly LoadClient[];
  readonly stateFolder: string;
  readonly source: string;
}

async function checkAfterKill(cloud: SpawnedCloud, { clients, stateFolder, source }: Expected): Promise<void> {
  const found = await settled(cloud.caller);
  for (const client of clients) {
    for (const known of client.known) checkKnown(known, found);
    for (const { kind, token, id } of client.tokens) {
      const made = found[`${kind}s`].filter(({ ClientToken }) => ClientToken === token);
      expect(made.length, `${kind}s with the token of ${id}`).toBeLessThanOrEqual(1);
    }
    for (const { id } of client.known.filter(({ exists }) => exists === "no"))
      client.known.splice(
        client.known.findIndex((known) => known.id === id),
        1,
      );
    for (const known of client.known) settleKnown(known, found);
  }
  checkDisks(found, stateFolder, source);
}

type Found = Record<"Volumes" | "Snapshots" | "Images", Answer["body"][]>;

function checkKnown(known: Known, found: Found): void {
  const object = found[`${known.kind}s`].find((candidate) => candidate[`${known.kind}Id`] === known.id);
  if (known.exists === "yes") expect(object, `${known.id} was acknowledged`).toBeDefined();
  if (known.exists === "no") expect(object, `the deletion of ${known.id} was acknowledged`).toBeUndefined();
  if (!object) return;
  expect(["available", "in-use", "completed"], `${known.id} is whole`).toContain(object.State);
  if (known.tag?.acknowledged) expect(object.Tags, known.id).toEqual([{ Key: "load", Value: known.tag.value }]);
  if (known.linked === "yes") expect(object.LinkedVolumes, `the link of ${known.id} was acknowledged`).toHaveLength(1);
  if (known.kind === "Volume" && known.linked === "no") expect(object.LinkedVolumes, known.id).toEqual([]);
}

/** What was open is known now. */
function settleKnown(known: Known, found: Found): void {
  const object = found[`${known.kind}s`].find((candidate) => candidate[`${known.kind}Id`] === known.id);
  known.exists = object ? "yes" : "no";
  known.linked = object?.LinkedVolumes?.length > 0 ? "yes" : "no";
}

/** Every disk belongs to an object and is whole, and the loop devices are those of the linked volumes. */
function checkDisks({ Volumes, Snapshots }: Found, stateFolder: string, source: string): void {
  const disks = join(stateFolder, "disks");
  const ids = readdirSync(disks).map((name) => basename(name, ".raw"));
  const own = [...Volumes.map(({ VolumeId }) => VolumeId), ...Snapshots.map(({ SnapshotId }) => SnapshotId)];
  expect(
    own.filter((id) => !ids.includes(id)),
    "objects without a disk",
  ).toEqual([]);
  // The seed's snapshot belongs to another account, which these reads do not show.
  expect(
    ids.filter((id) => !own.includes(id)),
    "disks without an object",
  ).toHaveLength(1);
  for (const { VolumeId, Size } of Volumes) expect(statSync(join(disks, `${VolumeId}.raw`)).size).toBe(Size * GIB);
  for (const { SnapshotId } of Snapshots) compare(join(disks, `${source}.raw`), join(disks, `${SnapshotId}.raw`));
  const linked = Volumes.filter(({ LinkedVolumes: [link] }) => link && link.DeviceName !== "/dev/sda1");
  const devices = loopDevicesOf(disks).map(({ file }) => basename(file, ".raw"));
  expect(devices.sort()).toEqual(linked.map(({ VolumeId }) => VolumeId).sort());
}

/** Equal but for zeroes at the end: nothing has written to the volumes. */
function compare(one: string, other: string): void {
  execFileSync("qemu-img", ["compare", "-f", "raw", "-F", "raw", one, other], { stdio: "pipe" });
}

async function settled(caller: SpawnedCloud["caller"]): Promise<Found> {
  for (;;) {
    const [volumes, snapshots, images] = await Promise.all([
      signedCall(caller, "ReadVolumes"),
      signedCall(caller, "ReadSnapshots"),
      signedCall(caller, "ReadImages"),
    ]);
    const found = { ...volumes.body, ...snapshots.body, ...images.body };
    const states = [
      ...found.Volumes,
      ...found.Snapshots,
      ...found.Images,
      ...found.Volumes.flatMap(({ LinkedVolumes }: Answer["body"]) => LinkedVolumes),
    ];
    if (states.every(({ State }) => ["available", "in-use", "completed", "attached", "error"].includes(State)))
      return found;
    await setTimeout(20);
  }
}
