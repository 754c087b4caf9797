import { join } from "node:path";
import { build } from "rolldown";
import { hostEnvironment } from "../../../src/host/host-environment.ts";
import { hostRunner } from "../../../src/host/run-command.ts";
import type { Bakery } from "./bake.ts";

export interface CrashBakeOptions {
  /** Counted from 1; 0: it lives. */
  readonly point: number;
  readonly template: string;
  /** A run to go on with, in place of a new one. */
  readonly run?: string;
}

/** What became of it: `points` are those that it came by. */
export type CrashedBake = "killed" | { readonly code: number; readonly points: number; readonly errors: string };

/** Bundles `crashing-bake.ts`, as Node cannot run TypeScript by itself. @returns the path of the bundle */
export async function bundleCrashingBake(folder: string): Promise<string> {
  const file = join(folder, "crashing-bake.mjs");
  await build({
    input: join(import.meta.dirname, "crashing-bake.ts"),
    platform: "node",
    logLevel: "silent",
    transform: { target: "node20" },
    output: { file, format: "esm", codeSplitting: false },
  });
  return file;
}

/** Bakes as a process that is killed at the given point, or once something has happened. */
export async function runKilledBake(
  bakery: Bakery,
  bundle: string,
  { killOnce, ...options }: CrashBakeOptions & { readonly killOnce?: Promise<unknown> },
): Promise<CrashedBake> {
  const env = { ...hostEnvironment(), ...(bakery.env as Record<string, string>), TMPDIR: bakery.temporaryFolder };
  const child = await hostRunner().spawn([process.execPath, bundle, JSON.stringify(options)], { env });
  void killOnce?.then(() => process.kill(child.pid, "SIGKILL"));
  const output: Buffer[] = [];
  child.stdout?.on("data", (chunk: Buffer) => output.push(chunk));
  const errors: Buffer[] = [];
  child.stderr?.on("data", (chunk: Buffer) => errors.push(chunk));
  const { code, signal } = await child.exited;
  if (signal === "SIGKILL") return "killed";
  return {
    code: code ?? -1,
    points: Number(Buffer.concat(output).toString()),
    errors: Buffer.concat(errors).toString(),
  };
}
