import { createHash, randomBytes } from "node:crypto";
import { Queue, QueueEvents } from "bullmq";
import type { RedisAddress } from "../../src/fleet/queue/address.ts";
import { connect } from "../../src/fleet/queue/connection.ts";
import { FleetQueue } from "../../src/fleet/queue/fleet-queue.ts";
import { OutputNews } from "../../src/fleet/queue/output-news.ts";
import { Reach } from "../../src/fleet/queue/reach.ts";
import type { FleetKeys } from "../../src/fleet/seal/fleet-key.ts";
import { Sealer } from "../../src/fleet/seal/seal.ts";
import { RemoteBuild } from "../../src/fleet/submit/remote-build.ts";
import { BARE_QUEUE, jobLasting, PLACE } from "./fleet-builds.ts";
import { quietUi } from "./fleet-workers.ts";

const FILE = "home/bench/setup.sh";

/** Submits builds, all at once, and follows each to its end, as `build -queue` does. @returns how many lines it was told */
export async function submitAndFollow(
  durations: readonly number[],
  { address, keys }: { readonly address: RedisAddress; readonly keys: FleetKeys },
): Promise<number> {
  const redis = await connect(address);
  const reach = new Reach(redis);
  await using queue = new FleetQueue(PLACE, redis, new Sealer(keys, Date.now));
  using news = new OutputNews(queue);
  const content = randomBytes(4096);
  const sha256 = createHash("sha256").update(content).digest("hex");
  const path = queue.addressOf(sha256);
  await queue.putContents(new Map([[path, content]]));
  const manifest = [{ kind: "file", path: FILE, mode: 0o755, bytes: content.length, sha256, address: path }];
  let lines = 0;
  const ui = { ...quietUi, message: () => void lines++ };
  const builds = durations.map((duration, index) => {
    const id = `bench-${String(index).padStart(4, "0")}`;
    const build = new RemoteBuild(jobLasting(duration, id, manifest), { queue, news, reach, env: {} });
    return build.run({ ui, hook: { provision: () => Promise.resolve() } });
  });
  await Promise.all(builds);
  redis.disconnect();
  return lines;
}

/** The same jobs with nothing but BullMQ. */
export async function submitBare(durations: readonly number[], address: RedisAddress): Promise<void> {
  const connection = { ...address.options, maxRetriesPerRequest: null };
  const queue = new Queue(BARE_QUEUE, { connection });
  const events = new QueueEvents(BARE_QUEUE, { connection });
  await events.waitUntilReady();
  let left = durations.length;
  const all = new Promise<void>((resolve) => {
    events.on("completed", () => {
      if (--left === 0) resolve();
    });
  });
  await queue.addBulk(durations.map((durationMs) => ({ name: "build", data: { durationMs } })));
  await all;
  await events.close();
  await queue.close();
}
