import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { build } from "rolldown";
import type { Caller } from "./signed-call.ts";

/** A local cloud that runs as a separate process, so that it can be killed. */
export interface SpawnedCloud {
  readonly caller: Caller;
  readonly vmId: string;
  /** SIGKILL; resolves when the process is gone. What it has started dies with it, or goes on to its end. */
  kill(what: "alone" | "with its children"): Promise<void>;
  /** SIGTERM: the cloud closes in order. */
  stop(): Promise<void>;
}

/** Bundles the process, as Node cannot run TypeScript by itself. @returns the path of the bundle, in the folder */
export async function bundleLocalCloud(folder: string): Promise<string> {
  const file = join(folder, "local-cloud.mjs");
  const input = join(import.meta.dirname, "local-cloud-process.ts");
  const transform = { target: "node20" };
  await build({ input, platform: "node", transform, logLevel: "silent", output: { file, format: "esm" } });
  return file;
}

/** Starts the process; resolves when it answers. */
export async function spawnLocalCloud(bundle: string, stateFolder: string): Promise<SpawnedCloud> {
  // A process group of its own, to be killed as one.
  const argv = [bundle, stateFolder];
  const child = spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "inherit"], detached: true });
  const exited = once(child, "exit");
  const line = await Promise.race([firstLine(child), exited.then(() => undefined)]);
  if (line === undefined) throw new Error("The local cloud ended before it answered");
  const { endpoint, accessKey, secretKey, vmId } = JSON.parse(line);
  const pid = child.pid ?? Number.NaN;
  const end = async (target: number, signal: NodeJS.Signals) => {
    process.kill(target, signal);
    await exited;
  };
  return {
    caller: { endpoint, accessKey, secretKey },
    vmId,
    kill: (what) => end(what === "alone" ? pid : -pid, "SIGKILL"),
    stop: () => end(pid, "SIGTERM"),
  };
}

/** Starts the process and kills it a moment later, most likely before it answers. */
export async function startAndKill(bundle: string, stateFolder: string, afterMs: number): Promise<void> {
  const child = spawn(process.execPath, [bundle, stateFolder], { stdio: ["ignore", "ignore", "inherit"] });
  const exited = once(child, "exit");
  await Promise.race([setTimeout(afterMs), exited]);
  child.kill("SIGKILL");
  await exited;
}

async function firstLine({ stdout }: ChildProcess): Promise<string | undefined> {
  if (!stdout) return undefined;
  for await (const line of createInterface({ input: stdout })) return line;
  return undefined;
}
