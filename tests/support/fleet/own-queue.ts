import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { newBuildId } from "../../../src/fleet/queue/build-id.ts";
import { FleetQueue } from "../../../src/fleet/queue/fleet-queue.ts";
import type { JobMessage } from "../../../src/fleet/queue/messages.ts";
import { type FleetKeys, makeKeyText, parseKeys } from "../../../src/fleet/seal/fleet-key.ts";
import { Sealer } from "../../../src/fleet/seal/seal.ts";
import { startRedis } from "./redis-server.ts";

/** A queue on a Redis of its own, without workers. */
export interface OwnQueue extends AsyncDisposable {
  readonly folder: string;
  readonly redis: Redis;
  readonly queue: FleetQueue;
  /** With which it is sealed. */
  readonly keys: FleetKeys;
  /** What a command needs to find it: flags with the address and the file of the key. */
  readonly flags: readonly string[];
}

/** @param now The clock of what is sealed */
export async function openOwnQueue(now: () => number = Date.now): Promise<OwnQueue> {
  const folder = await mkdtemp(join(tmpdir(), "fleet-queue-"));
  const socket = join(folder, "redis.sock");
  const server = await startRedis(folder, socket);
  const redis = new Redis({ path: socket, maxRetriesPerRequest: null });
  const place = { accountId: "123456789012", region: "eu-west-2", label: undefined };
  const keyText = makeKeyText();
  const keyFile = join(folder, "fleet.key");
  await writeFile(keyFile, keyText, { mode: 0o600 });
  const keys = parseKeys(keyText, "a test");
  const queue = new FleetQueue(place, redis, new Sealer(keys, now));
  return {
    folder,
    redis,
    queue,
    keys,
    flags: ["-queue", `unix:${socket}`, "-key", keyFile],
    [Symbol.asyncDispose]: async () => {
      await queue[Symbol.asyncDispose]();
      redis.disconnect();
      server.kill("SIGKILL");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A job that says what it has to, and no more. */
export function plainJob(parts: Partial<JobMessage> = {}): JobMessage {
  return {
    id: newBuildId(),
    accountId: "123456789012",
    region: "eu-west-2",
    build: "outscale-chroot.web",
    submitter: "somebody@somewhere",
    submittedAt: 0,
    standing: { group: null, priority: "normal" },
    runUuid: "00000000-0000-4000-8000-000000000000",
    template: {
      path: "web.pkr.hcl",
      workingFolder: "/project",
      homeFolder: "/home/somebody",
      now: 0,
      variables: {},
      variableFiles: [],
      warnUndeclared: false,
      env: {},
      lookedFor: [],
    },
    settings: {
      force: false,
      bootTest: false,
      onError: "cleanup",
      skipUnchanged: null,
      maxAge: null,
      history: true,
      retries: { most: 0, delayMs: 30_000 },
      provenance: false,
      evidence: null,
    },
    manifest: [],
    ...parts,
  };
}
