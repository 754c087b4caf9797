import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Redis } from "ioredis";
import { makeKeyText } from "../../../src/fleet/seal/fleet-key.ts";
import { bundleProgram } from "../program/bundled-program.ts";
import { type Running, running } from "../program/running.ts";
import { startRedis } from "./redis-server.ts";

/** A Redis, a key and the program: workers and submitters in a folder of the test. */
export interface Fleet {
  readonly keyFile: string;
  readonly url: string;
  readonly redis: Redis;
  /** Runs the program. @param folder The working folder */
  run(argv: readonly string[], options?: { readonly folder?: string; readonly env?: NodeJS.ProcessEnv }): Running;
  /** A worker on the local cloud of a folder, that has said that it is there. */
  startWorker(name: string, argv?: readonly string[]): Promise<Running>;
  /** Kills the Redis: its place stays empty until there is another. */
  killRedis(): Promise<void>;
  /** Kills the Redis, if it runs, and starts another in its place. */
  replaceRedis(): Promise<void>;
  close(): Promise<void>;
}

/**
 * @param cloudFolder The state folder of a local cloud that runs
 * @param redisSettings With `appendonly`, the Redis that replaces another knows what that knew
 * @param enter See {@link startRedis}
 */
export async function openFleet(
  folder: string,
  cloudFolder: string,
  redisSettings: Readonly<Record<string, string>> = {},
  enter: readonly string[] = [],
): Promise<Fleet> {
  const keyFile = join(folder, "fleet.key");
  await writeFile(keyFile, makeKeyText(), { mode: 0o600 });
  const program = await bundleProgram(join(folder, "program"));
  const socket = join(folder, "redis.sock");
  let server = await startRedis(folder, socket, redisSettings, enter);
  const redis = new Redis({ path: socket, maxRetriesPerRequest: null, retryStrategy: () => 50 });
  redis.on("error", () => undefined);
  const children: ChildProcess[] = [];
  const url = `unix:${socket}`;
  const run: Fleet["run"] = (argv, { folder: cwd = folder, env = {} } = {}) => {
    const own = { PATH: process.env.PATH, HOME: folder, TMPDIR: folder, OUTSCALE_CHROOT_FLEET_KEY_FILE: keyFile };
    const child = spawn(process.execPath, [program, ...argv], {
      cwd,
      env: { ...own, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    children.push(child);
    return running(child);
  };
  const killRedis = async () => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    server.kill("SIGKILL");
    await once(server, "exit");
  };
  return {
    keyFile,
    url,
    redis,
    run,
    startWorker: async (name, argv = []) => {
      await mkdir(join(folder, "mnt"), { recursive: true });
      const worker = run(["worker", "-queue", url, "-local", "-local-state", cloudFolder, ...argv], {
        env: { OUTSCALE_CHROOT_STATE: join(folder, name) },
      });
      await worker.says("bakes for");
      return worker;
    },
    killRedis,
    replaceRedis: async () => {
      await killRedis();
      server = await startRedis(folder, socket, redisSettings, enter);
    },
    close: async () => {
      for (const child of children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)) {
        // Two that come at once are one to the program.
        const again = setInterval(() => child.kill("SIGTERM"), 1_000);
        child.kill("SIGTERM");
        await once(child, "exit");
        clearInterval(again);
      }
      redis.disconnect();
      server.kill("SIGKILL");
      await rm(socket, { force: true });
    },
  };
}
