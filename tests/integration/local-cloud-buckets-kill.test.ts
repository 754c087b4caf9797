import { createHash, randomUUID } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { resetLocalCloud } from "../../src/local-cloud/administer-cloud.ts";
import { bytesSource } from "../../src/outscale/object-storage/object-source.ts";
import type { ObjectStorage } from "../../src/outscale/object-storage/object-storage.ts";
import { bundleLocalCloud, type SpawnedCloud, spawnLocalCloud } from "../support/local-cloud/spawn-local-cloud.ts";
import { all, storageOf } from "../support/local-cloud/storage-of.ts";
import { Random } from "../support/suite/random.ts";
import { requirePrograms } from "../support/suite/requirements.ts";
import { isWholeSweep } from "../support/suite/sample.ts";

const describe = requirePrograms("losetup", "partx", "sfdisk", "mkfs.ext4", "flock");
const KILLS = isWholeSweep ? 40 : 6;
const SEED = 20260102;
const MIB = 1024 ** 2;
const BUCKET = "images";

describe("the buckets of a local cloud under kill -9", () => {
  it(`lose nothing that was acknowledged and keep nothing else, in ${KILLS} kills under load`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "buckets-kill-"));
    const stateFolder = join(folder, "state");
    let cloud: SpawnedCloud | undefined;
    try {
      const bundle = await bundleLocalCloud(folder);
      cloud = await spawnLocalCloud(bundle, stateFolder);
      await using first = storageOf(cloud.caller);
      await first.createBucket(BUCKET);
      const random = new Random(SEED);
      const clients = ["a", "b", "c"].map((name, index) => new BucketClient(name, new Random(SEED + index)));
      for (let kill = 0; kill < KILLS; kill++) {
        const storage = storageOf(cloud.caller);
        const running = Promise.all(clients.map((client) => client.run(storage)));
        await clients[0]?.answers(1 + random.below(12));
        await cloud.kill("alone");
        await running;
        await storage[Symbol.asyncDispose]();
        cloud = await spawnLocalCloud(bundle, stateFolder);
        await check(storageOf(cloud.caller), clients, stateFolder);
      }
      expect(clients.reduce((sum, { acknowledged }) => sum + acknowledged, 0)).toBeGreaterThan(KILLS);
    } finally {
      await cloud?.stop();
      await resetLocalCloud(stateFolder);
      rmSync(folder, { recursive: true });
    }
  });
});

/** Contents by key, the last one acknowledged; several where an answer is missing. `undefined` is no object. */
type Possible = Map<string, readonly (string | undefined)[]>;

/** Puts, in parts too, replaces and removes a few objects for as long as the cloud answers. */
class BucketClient {
  readonly possible: Possible = new Map();
  acknowledged = 0;
  #told: () => void = () => undefined;

  constructor(
    private readonly name: string,
    private readonly random: Random,
  ) {}

  async run(storage: ObjectStorage): Promise<void> {
    for (;;) {
      const key = `${this.name}/${this.random.below(4)}`;
      const text = this.random.below(4) === 0 ? undefined : this.#content();
      const before = this.possible.get(key) ?? [undefined];
      this.possible.set(key, [...before, text]);
      try {
        if (text === undefined) await storage.delete({ bucket: BUCKET, key });
        else await storage.put({ bucket: BUCKET, key }, bytesSource(text), { partBytes: 5 * MIB });
      } catch {
        return; // The cloud is gone: what was under way may have been done, or not.
      }
      this.possible.set(key, [text]);
      this.acknowledged++;
      this.#told();
    }
  }

  /** Resolves after so many answers from now on. */
  async answers(count: number): Promise<void> {
    for (let left = count; left > 0; left--) await new Promise<void>((resolve) => (this.#told = resolve));
  }

  #content(): string {
    const word = randomUUID();
    return this.random.below(3) === 0 ? word.repeat(Math.ceil((6 * MIB) / word.length)) : word;
  }
}

async function check(storage: ObjectStorage, clients: readonly BucketClient[], stateFolder: string): Promise<void> {
  const uploads = await all(storage.uploads(BUCKET));
  // Parts of what was cut off may be there, and are known: they can be removed.
  for (const upload of uploads) await storage.abort(upload);
  const listed = await all(storage.list(BUCKET));
  let blobs = 0;
  for (const { possible } of clients) {
    for (const [key, contents] of possible) {
      const there = listed.find((object) => object.key === key);
      const found = there && String(await storage.read({ bucket: BUCKET, key }, { mostBytes: 8 * MIB }));
      expect(contents.map(digest), key).toContain(digest(found));
      possible.set(key, [found]);
      blobs += there === undefined ? 0 : there.etag.includes("-") ? Number(there.etag.split("-")[1]) : 1;
    }
  }
  expect(readdirSync(join(stateFolder, "objects"))).toHaveLength(blobs);
  await storage[Symbol.asyncDispose]();
}

/** Megabytes are no message to read. */
function digest(content: string | undefined): string {
  return content === undefined ? "no object" : createHash("sha256").update(content).digest("hex");
}
