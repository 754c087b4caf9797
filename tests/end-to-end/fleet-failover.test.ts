import { once } from "node:events";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type FleetBench, openFleetBench } from "../support/fleet/fleet-bench.ts";
import { freePort } from "../support/fleet/free-port.ts";
import { startRedis } from "../support/fleet/redis-server.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms("redis-server", "losetup", "partx", "mkfs.ext4", "mount", "nsenter", "unshare");

let bench: FleetBench;
let port: number;

beforeAll(async () => {
  port = await freePort();
  bench = await openFleetBench("fleet-failover-test", {}, { bind: "127.0.0.1", port: String(port) });
});
afterAll(() => bench[Symbol.asyncDispose]());

/** Makes a replica the primary in the fleet's place. The old primary keeps its connections, and follows the new one. */
async function failOver(): Promise<AsyncDisposable> {
  const { redis, url } = bench.fleet;
  const [socket, place] = [join(bench.bakery.folder, "replica.sock"), url.replace("unix:", "")];
  const replicaPort = await freePort();
  const settings = { bind: "127.0.0.1", port: String(replicaPort), replicaof: `127.0.0.1 ${port}` };
  const server = await startRedis(bench.bakery.folder, socket, settings);
  const replica = new Redis({ path: socket });
  await expect.poll(() => replica.info("replication")).toContain("master_link_status:up");
  expect(await redis.call("WAIT", "1", "0")).toBeGreaterThanOrEqual(1);
  await rename(socket, place);
  await replica.call("REPLICAOF", "NO", "ONE");
  await redis.call("REPLICAOF", "127.0.0.1", String(replicaPort));
  return {
    [Symbol.asyncDispose]: async () => {
      replica.disconnect();
      server.kill("SIGKILL");
      await once(server, "exit");
    },
  };
}

describe("a queue whose Redis fails over, and keeps the connections to what was its primary", () => {
  it("has its builds end as if nothing had been, and says what there was", async () => {
    await bench.writeTemplate({ build: `${bench.pause}\n provisioner "shell" { inline = ["echo last line"] }` });
    const worker = await bench.worker();
    const { fleet, folder } = bench;
    const build = fleet.run(["build", "-queue", fleet.url, "web.pkr.hcl"], { folder });
    await bench.reached();
    await using _primary = await failOver();
    await bench.go();
    expect(await build.ended(), build.output()).toBe(0);
    expect(build.output().match(/last line/g)).toHaveLength(1);
    expect(worker.output().match(/The connection to the queue is lost: it has become a replica/g)).toHaveLength(1);
    expect(worker.output().match(/The connection to the queue is there again/g)).toHaveLength(1);
    expect((await bench.bakery.leftovers()).images).toHaveLength(1);
    expect(await worker.stopped(), worker.output()).toBe(0);
  });
});
