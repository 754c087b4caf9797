import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "bullmq";
import { Command, Redis } from "ioredis";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { messageOf } from "../../src/common/errors.ts";
import { parseAddress } from "../../src/fleet/queue/address.ts";
import { connect } from "../../src/fleet/queue/connection.ts";
import { FleetQueue } from "../../src/fleet/queue/fleet-queue.ts";
import { JournalMirror } from "../../src/fleet/queue/journal-mirror.ts";
import { KEY_PREFIX } from "../../src/fleet/queue/place.ts";
import { beginTurn } from "../../src/fleet/queue/turns.ts";
import { makeKeyText, parseKeys } from "../../src/fleet/seal/fleet-key.ts";
import { Sealer } from "../../src/fleet/seal/seal.ts";
import { listQueues } from "../../src/fleet/submit/find-place.ts";
import { FleetWatch } from "../../src/fleet/watch/fleet-watch.ts";
import { Claim } from "../../src/fleet/worker/claim.ts";
import { runHeader } from "../support/builder/run-context.ts";
import { freePort } from "../support/fleet/free-port.ts";
import { type OwnQueue, openOwnQueue, plainJob } from "../support/fleet/own-queue.ts";
import { startRedis } from "../support/fleet/redis-server.ts";
import { makeCertificate, type PemFiles } from "../support/outscale/forwarding-door.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms("redis-server", "openssl");
const place = { accountId: "123456789012", region: "eu-west-2", label: undefined };
const keys = parseKeys(makeKeyText(), "a test");

describe("a queue with TLS", () => {
  let folder: string;
  let server: ChildProcess;
  let own: PemFiles;
  let other: PemFiles;
  let url: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "fleet-tls-"));
    [own, other] = [makeCertificate(folder, "localhost"), makeCertificate(folder, "elsewhere")];
    const port = await freePort();
    url = `rediss://localhost:${port}`;
    const tls = { "tls-port": String(port), bind: "127.0.0.1", "tls-auth-clients": "no" };
    const files = { "tls-cert-file": own.cert, "tls-key-file": own.key, "tls-ca-cert-file": own.cert };
    server = await startRedis(folder, join(folder, "redis.sock"), { ...tls, ...files });
  });
  afterAll(async () => {
    server.kill("SIGKILL");
    await rm(folder, { recursive: true, force: true });
  });

  it("is reached with the certificate of its authority", async () => {
    const redis = await connect(parseAddress(url, { OUTSCALE_CHROOT_QUEUE_CA: own.cert }));
    await using queue = new FleetQueue(place, redis, new Sealer(keys, Date.now));
    await queue.submit(plainJob({ id: "aa" }));
    expect(await queue.jobs.getJobCountByTypes("prioritized", "waiting")).toBe(1);
    redis.disconnect();
  });

  it.each([
    ["without an authority", () => ({})],
    ["with another one", () => ({ OUTSCALE_CHROOT_QUEUE_CA: other.cert })],
  ])("is refused %s", async (_how, env) => {
    await expect(connect(parseAddress(url, env()))).rejects.toMatchObject({
      code: "E_FLEET",
      message: expect.stringContaining("Cannot reach the queue rediss://localhost"),
      cause: expect.objectContaining({ message: expect.stringMatching(/self-signed|certificate/) }),
      hint: expect.stringContaining("OUTSCALE_CHROOT_QUEUE_CA"),
    });
  });
});

describe("the user of Redis that docs/fleet.md describes", () => {
  it("is enough for all that a fleet does, and for nothing besides", async () => {
    await using own = await openOwnQueue();
    const [, line = ""] = /`ACL SETUSER bake ([^`]+)`/.exec(readFileSync("docs/fleet.md", "utf8")) ?? [];
    await own.redis.acl("SETUSER", "bake", ...line.replace("PASSWORD", "a-password").split(" "));
    const address = parseAddress(`unix:${join(own.folder, "redis.sock")}`, {});
    const options = { ...address.options, username: "bake", password: "a-password" };
    const redis = await connect({ ...address, options });
    await using queue = new FleetQueue(place, redis, new Sealer(keys, Date.now));
    await queue.putContents(new Map([["aa", Buffer.from("content")]]));
    await queue.submit(plainJob({ id: "aa" }));
    const done: string[] = [];
    const worker = new Worker(
      queue.name,
      async (job) => {
        await beginTurn(queue, job.priority);
        const claim = await Claim.take(queue, job.id ?? "", { worker: "w-1", vmId: null });
        const mirror = new JournalMirror(queue, { jobId: job.id ?? "", attempt: 1 }, { worker: "w-1", vmId: null });
        mirror.add({ type: "run", format: 1, ...runHeader });
        expect(await mirror.problem()).toBeUndefined();
        await mirror.remove();
        await queue.tell(job.id ?? "", { wish: "cancel" });
        await claim?.release();
        done.push(job.id ?? "");
      },
      { connection: redis, prefix: KEY_PREFIX },
    );
    await expect.poll(() => done).toEqual(["aa"]);
    await worker.close();
    expect(await listQueues(redis)).toEqual([place]);
    await using watch = await FleetWatch.open({ ...address, options }, keys);
    expect((await watch.builds()).builds.map(({ id }) => id)).toEqual(["aa"]);
    const foreign = new Redis({ ...options });
    for (const [command, ...args] of [
      ...[["flushall"], ["config", "get", "*"], ["keys", "*"], ["shutdown", "nosave"], ["acl", "list"], ["monitor"]],
      ...[
        ["set", "somebody-elses", "x"],
        ["get", "somebody-elses"],
        ["debug", "sleep", "0"],
        ["replicaof", "a", "1"],
      ],
      ["eval", "return redis.call('get', 'somebody-elses')", "0"],
    ] as [string, ...string[]][]) {
      await expect(foreign.call(command, ...args), command).rejects.toThrow(
        /NOPERM|no permissions|can't access|cannot|not allowed/i,
      );
    }
    foreign.disconnect();
    redis.disconnect();
  });
});

describe("connect()", () => {
  it("says why a Redis lets nobody in, and what can be done about it", async () => {
    await using own = await openOwnQueue();
    await own.redis.acl("SETUSER", "few", "on", ">a-password", "~*", "&*", "+ping", "+info", "+hello");
    await own.redis.config("SET", "requirepass", "a-password");
    const [socket, port] = [join(own.folder, "redis.sock"), await freePort()];
    await own.redis.config("SET", "port", String(port));
    const password = { OUTSCALE_CHROOT_QUEUE_PASSWORD: "a-password" };
    const wrong = { OUTSCALE_CHROOT_QUEUE_PASSWORD: "another" };
    for (const [url, env, message, hint] of [
      [`unix:${socket}`, {}, /NOAUTH, it wants a password$/, /QUEUE_PASSWORD/],
      [`unix:${socket}`, wrong, /WRONGPASS/, /QUEUE_PASSWORD/],
      [`redis://127.0.0.1:${port}/99`, password, /DB index/, /database/],
      ["unix:/nowhere", {}, /ENOENT/, /whether a Redis listens there/],
    ] as const) {
      const failure = await connect(parseAddress(url, env)).catch((error: unknown) => error);
      expect(failure, url).toMatchObject({ code: "E_FLEET", hint: expect.stringMatching(hint) });
      expect(messageOf(failure)).toMatch(message);
    }
    const few = await connect(parseAddress(`redis://few@127.0.0.1:${port}`, password));
    await expect(listQueues(few)).rejects.toMatchObject({ code: "E_FLEET", hint: expect.stringContaining("rights") });
    few.disconnect();
  });
});

describe("FleetQueue.putContents()", () => {
  const content = randomBytes(3 * 1024 ** 2 + 5);
  const contents = new Map([["aa", content]]);

  /** Tells of each command before it is sent. */
  function watchCommands(redis: Redis, onCommand: (command: Command, send: (command: Command) => unknown) => void) {
    const send = redis.sendCommand.bind(redis);
    vi.spyOn(redis, "sendCommand").mockImplementation((command, ...more) => {
      onCommand(command, send);
      return send(command, ...more);
    });
  }
  const sizeOf = ({ args }: Command) => Math.max(0, ...args.map((each) => String(each).length));

  async function expectWhole({ queue, redis }: OwnQueue) {
    expect((await queue.readContent("aa"))?.equals(content)).toBe(true);
    expect(await redis.ttl(queue.keyOf("content", "aa"))).toBeGreaterThan(990);
    const unfinished = (await redis.keys(queue.keyOf("content", "*"))).filter(
      (key) => key !== queue.keyOf("content", "aa"),
    );
    expect(unfinished).toEqual([]);
  }

  it("stores a large file in pieces, whole or not at all, and for as long as it is to be kept", async () => {
    await using own = await openOwnQueue();
    const sizes: number[] = [];
    watchCommands(own.redis, (command) => sizes.push(sizeOf(command)));
    await own.queue.putContents(contents, { seconds: 1_000 });
    expect(sizes.filter((size) => size === 1024 ** 2).length).toBeGreaterThan(2);
    expect(Math.max(...sizes)).toBe(1024 ** 2);
    await expectWhole(own);
  });

  it.each([1, 2, 3, 4, 5])("begins again when Redis has lost its data before piece %d", async (lost) => {
    await using own = await openOwnQueue();
    let pieces = 0;
    watchCommands(own.redis, (command) => {
      if (sizeOf(command) > 1_000 && ++pieces === lost) void own.redis.flushall();
    });
    await own.queue.putContents(contents, { seconds: 1_000 });
    await expectWhole(own);
  });

  it("begins again when Redis has lost its data before the last step", async () => {
    await using own = await openOwnQueue();
    let isLost = false;
    watchCommands(own.redis, ({ args }) => {
      if (isLost || !args.includes(own.queue.keyOf("content", "aa")) || !args.some(isUnfinished)) return;
      isLost = true;
      void own.redis.flushall();
    });
    await own.queue.putContents(contents, { seconds: 1_000 });
    expect(isLost).toBe(true);
    await expectWhole(own);
  });

  it("has done what it should when the answer to each step was lost, and that was done twice", async () => {
    await using own = await openOwnQueue();
    watchCommands(own.redis, ({ name, args }, send) => {
      const again = new Command(name, args.flat(), { replyEncoding: "utf8" });
      again.promise.catch(() => undefined);
      send(again);
    });
    await own.queue.putContents(contents, { seconds: 1_000 });
    await expectWhole(own);
  });

  it("says so when Redis loses it again and again", async () => {
    await using own = await openOwnQueue();
    watchCommands(own.redis, ({ args }) => {
      if (args.some(isUnfinished)) void own.redis.flushall();
    });
    await expect(own.queue.putContents(contents)).rejects.toMatchObject({
      message: "The queue loses what it is given",
      hint: expect.stringContaining("noeviction"),
    });
    expect(await own.queue.readContent("aa")).toBeUndefined();
  });

  const isUnfinished = (argument: unknown) => /:content:aa:[0-9a-f]{16}$/.test(String(argument));
});

describe("Claim.isLost()", () => {
  it("is so when somebody else has the job, or may have it, and not when nobody knows of it", async () => {
    await using own = await openOwnQueue();
    const { queue } = own;
    await queue.submit(plainJob({ id: "aa" }));
    const claim = await Claim.take(queue, "aa", { worker: "w-1", vmId: null });
    expect(await claim?.isLost()).toBe(false);
    const holder = await Claim.holderOf(queue, "aa");
    if (holder) await Claim.takeAway(queue, "aa", holder);
    expect(await claim?.isLost()).toBe(true);
    await Claim.take(queue, "aa", { worker: "w-2", vmId: null });
    expect(await claim?.isLost()).toBe(true);
    await own.redis.flushall();
    expect(await claim?.isLost()).toBe(false);
  });
});

describe("a Redis that is full", () => {
  it("keeps no part of a file that it has no room for", async () => {
    await using own = await openOwnQueue();
    const used = Number(/used_memory:(\d+)/.exec(await own.redis.info("memory"))?.[1]);
    await own.redis.config("SET", "maxmemory", String(used + 8 * 1024 ** 2));
    await own.redis.config("SET", "maxmemory-policy", "noeviction");
    const contents = new Map([["aa", randomBytes(32 * 1024 ** 2)]]);
    await expect(own.queue.putContents(contents)).rejects.toThrow("maxmemory");
    expect(await own.redis.keys(own.queue.keyOf("content", "*"))).toEqual([]);
    await own.queue.submit(plainJob({ id: "aa" }));
  });

  it("refuses new builds and intents with its reason, keeps what it has, and takes more when there is room", async () => {
    await using own = await openOwnQueue();
    await own.queue.submit(plainJob({ id: "aa" }));
    const { used } = { used: Number(/used_memory:(\d+)/.exec(await own.redis.info("memory"))?.[1]) };
    await own.redis.config("SET", "maxmemory", String(used));
    await own.redis.config("SET", "maxmemory-policy", "noeviction");
    const mirror = new JournalMirror(own.queue, { jobId: "aa", attempt: 1 }, { worker: "w-1", vmId: null });
    mirror.add({ type: "run", format: 1, ...runHeader });
    expect(await mirror.problem()).toContain("maxmemory");
    await expect(own.queue.putContents(new Map([["aa", Buffer.alloc(1024)]]))).rejects.toThrow("maxmemory");
    await expect(own.queue.submit(plainJob({ id: "bb" }))).rejects.toThrow(/OOM|maxmemory/);
    expect((await own.queue.jobs.getJob("aa"))?.id).toBe("aa");
    await own.redis.config("SET", "maxmemory", "0");
    expect(await mirror.problem()).toBeUndefined();
    await own.queue.submit(plainJob({ id: "bb" }));
    expect((await own.queue.jobs.getJob("bb"))?.id).toBe("bb");
  });
});
