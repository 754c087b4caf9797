import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Redis } from "ioredis";
import { parseAddress } from "../src/fleet/queue/address.ts";
import { makeKeyText, parseKeys } from "../src/fleet/seal/fleet-key.ts";
import { startRedis } from "../tests/support/fleet/redis-server.ts";
import { durationsOf, PIECES, shortestMs } from "./lib/fleet-builds.ts";
import { submitAndFollow, submitBare } from "./lib/fleet-submitter.ts";
import { startBareWorkers, startWorkers } from "./lib/fleet-workers.ts";
import { figuresOf, milliseconds, tell } from "./lib/measure.ts";

// 1,000 builds on 100 workers of one slot, over a Redis of its own. Workers, queue and submitter are the fleet's; the
// builds only last, 1 to 3 s each, and say 100 lines. Beside it what the durations alone allow, and what BullMQ does with
// jobs that last as long and say nothing. Without root, with redis-server:
//
//   npm run bench fleet

/** In memory: what 100 workers note of their jobs would all go to one disk. */
const MEMORY = "/dev/shm";
const BUILDS = 1_000;
const WORKERS = 100;
const DURATIONS = durationsOf(BUILDS);

/** What one process of a run tells of itself when it is over. */
interface RoleReport {
  readonly elapsedMs: number;
  readonly gapsMs: readonly number[];
  readonly peakMib: number;
  readonly cpuMs: number;
}

type Kind = "fleet" | "bare";
/** Workers and submitter are processes of their own, so that each one's cost is its own. */
type Role = "workers" | "submitter";

const [role, kind, folder = ""] = process.argv.slice(2);
if (role === undefined) await measure();
else await play(role as Role, kind as Kind, folder);

async function play(role: Role, kind: Kind, folder: string): Promise<void> {
  const address = parseAddress(`unix:${socketIn(folder)}`, {});
  const keys = parseKeys(process.env.BENCH_KEY ?? "", "the rig's key");
  const [startedAt, cpuBefore] = [performance.now(), process.cpuUsage()];
  let gapsMs: readonly number[] = [];
  if (role === "submitter") {
    if (kind === "bare") await submitBare(DURATIONS, address);
    else await submitAndFollow(DURATIONS, { address, keys });
  } else {
    const workers = await (kind === "bare"
      ? startBareWorkers(WORKERS, address)
      : startWorkers(WORKERS, { folder, address, keys }));
    process.send?.("ready");
    await once(process, "message");
    await workers.stop();
    gapsMs = workers.gapsMs;
  }
  const { user, system } = process.cpuUsage(cpuBefore);
  const peakMib = process.resourceUsage().maxRSS / 1024;
  const cpuMs = (user + system) / 1_000;
  process.send?.({ elapsedMs: performance.now() - startedAt, gapsMs, peakMib, cpuMs } satisfies RoleReport);
  process.disconnect();
}

function socketIn(folder: string): string {
  return join(folder, "redis.sock");
}

interface Run {
  readonly workers: RoleReport;
  readonly submitter: RoleReport;
  readonly redis: RedisCost;
}

async function runOnce(kind: Kind, folder: string): Promise<Run> {
  const server = await startRedis(folder, socketIn(folder));
  const redis = new Redis({ path: socketIn(folder) });
  const env = { ...process.env, TMPDIR: folder, BENCH_KEY: makeKeyText() };
  const children: ChildProcess[] = [];
  const start = (role: Role) => {
    const child = fork(process.argv[1] ?? "", [role, kind, folder], { env });
    children.push(child);
    return child;
  };
  try {
    const empty = await readRedis(redis);
    const workers = start("workers");
    await once(workers, "message");
    const before = await readRedis(redis);
    const submitter = await reportOf(start("submitter"));
    const after = await readRedis(redis);
    workers.send("stop");
    const workersReport = await reportOf(workers);
    await once(workers, "exit");
    const end = await readRedis(redis);
    return {
      workers: workersReport,
      submitter,
      redis: {
        cpuMs: after.cpuMs - before.cpuMs,
        commands: after.commands - before.commands,
        connections: after.connections - before.connections,
        keptBytes: end.bytes - empty.bytes,
      },
    };
  } finally {
    for (const child of children) child.kill("SIGKILL");
    redis.disconnect();
    server.kill("SIGKILL");
    await once(server, "exit");
    rmSync(socketIn(folder), { force: true });
  }
}

async function reportOf(child: ChildProcess): Promise<RoleReport> {
  const [report] = await Promise.race([
    once(child, "message"),
    once(child, "exit").then(() => Promise.reject(new Error("A process of the rig ended early"))),
  ]);
  return report;
}

interface RedisCost {
  readonly cpuMs: number;
  readonly commands: number;
  readonly connections: number;
  /** What is left in it when everybody has gone. */
  readonly keptBytes: number;
}

async function readRedis(redis: Redis) {
  const info = await redis.info();
  const figure = (name: string) => Number(new RegExp(`^${name}:([\\d.]+)`, "m").exec(info)?.[1]);
  return {
    cpuMs: (figure("used_cpu_user") + figure("used_cpu_sys")) * 1_000,
    commands: figure("total_commands_processed"),
    connections: figure("total_connections_received"),
    bytes: figure("used_memory"),
  };
}

async function measure(): Promise<void> {
  const folder = mkdtempSync(join(MEMORY, "bench-fleet-"));
  try {
    const bare = await runOnce("bare", folder);
    const fleet = await runOnce("fleet", folder);
    tellTime(bare, fleet);
    tellCost(bare, fleet);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function tellTime(bare: Run, fleet: Run): void {
  const limitMs = shortestMs(DURATIONS, WORKERS);
  const [took, bareTook] = [fleet.submitter.elapsedMs, bare.submitter.elapsedMs];
  tell({
    measure: `${BUILDS} builds on ${WORKERS} workers`,
    ...{ value: took / limitMs, atMost: 1.1, unit: " x what their durations allow" },
    details: `${inSeconds(took)}, ${((BUILDS / took) * 1_000).toFixed(0)} builds a second; their durations ${inSeconds(limitMs)}; BullMQ alone ${inSeconds(bareTook)}`,
  });
  const gaps = figuresOf(fleet.workers.gapsMs);
  tell({
    measure: "from a free slot to the next build",
    ...{ value: gaps.median, atMost: 100, unit: " ms" },
    details: `${milliseconds(gaps)}; BullMQ alone ${milliseconds(figuresOf(bare.workers.gapsMs))}`,
  });
}

function tellCost(bare: Run, fleet: Run): void {
  const each = (value: number) => value / BUILDS;
  const redis = `100 lines each, in ${PIECES} parts; BullMQ alone: ${each(bare.redis.cpuMs).toFixed(2)} ms, ${each(bare.redis.commands).toFixed(0)} commands, ${(each(bare.redis.keptBytes) / 1024).toFixed(1)} KiB`;
  tell({ measure: "CPU of Redis", value: each(fleet.redis.cpuMs), atMost: 3, unit: " ms a build", details: redis });
  tell({ measure: "commands to Redis", value: each(fleet.redis.commands), atMost: 150, unit: " a build" });
  const keptKib = each(fleet.redis.keptBytes) / 1024;
  tell({ measure: "memory of Redis", value: keptKib, atMost: 20, unit: " KiB a build that has ended" });
  const connections = fleet.redis.connections;
  tell({ measure: "connections of the submitter", value: connections, atMost: 4, unit: "" });
  const { peakMib, cpuMs } = fleet.submitter;
  tell({
    measure: `memory of the submitter, following ${BUILDS} builds`,
    ...{ value: peakMib, atMost: 250, unit: " MiB" },
    details: `BullMQ alone ${bare.submitter.peakMib.toFixed(0)} MiB; CPU ${inSeconds(cpuMs)}`,
  });
}

function inSeconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
