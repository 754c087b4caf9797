import { join } from "node:path";
import { build } from "rolldown";
import type { LogEntry } from "../../../src/common/log.ts";
import type { RawConfig } from "../../../src/definition/raw-value.ts";
import { hostEnvironment } from "../../../src/host/host-environment.ts";
import { hostRunner, type RunResult } from "../../../src/host/run-command.ts";
import type { Bakery } from "./bake.ts";

/** Bundles `crashing-build.ts`, as Node cannot run TypeScript by itself. @returns the path of the bundle */
export async function bundleCrashingBuild(folder: string): Promise<string> {
  return bundleProgram(folder, "crashing-build");
}

/** The same for another program of this folder. */
export async function bundleProgram(folder: string, name: string): Promise<string> {
  const file = join(folder, `${name}.mjs`);
  const input = join(import.meta.dirname, `${name}.ts`);
  await build({
    input,
    platform: "node",
    logLevel: "silent",
    transform: { target: "node20" },
    output: { file, format: "esm", codeSplitting: false },
  });
  return file;
}

export interface CrashOptions {
  /** Counted from 1; 0: it lives. */
  readonly point: number;
  readonly config: RawConfig;
  /** The entries of the debug log that are points. */
  readonly kinds: readonly LogEntry["kind"][];
  /** Whatever the build says, asks and is answered is a sensitive value. */
  readonly isEverythingSecret: boolean;
  /**
   * In place of a point: when a thing of this kind was made and its answer has come, before or after the journal has it. Of one
   * that is replaced, the deletion is what is answered.
   */
  readonly made?: { readonly kind: string; readonly isWritten: boolean };
}

/** Runs a build as a process that is killed at the given point; 0: not at all. */
export async function runKilledBuild(
  bakery: Bakery,
  bundle: string,
  {
    point,
    config,
    kinds = ["journal", "api"],
    isEverythingSecret = false,
    made,
  }: Partial<CrashOptions> & Pick<CrashOptions, "point" | "config">,
): Promise<RunResult["stdout"] | "killed"> {
  const env = { ...hostEnvironment(), ...(bakery.env as Record<string, string>), TMPDIR: bakery.temporaryFolder };
  const ownMountPath = { mount_path: join(bakery.folder, "mnt/{{.Device}}") };
  const options: CrashOptions = {
    point,
    config: { ...ownMountPath, ...config },
    kinds,
    isEverythingSecret,
    ...(made && { made }),
  };
  const child = await hostRunner().spawn([process.execPath, bundle, JSON.stringify(options)], { env });
  const output: Buffer[] = [];
  child.stdout?.on("data", (chunk: Buffer) => output.push(chunk));
  const errors: Buffer[] = [];
  child.stderr?.on("data", (chunk: Buffer) => errors.push(chunk));
  const { code, signal } = await child.exited;
  if (signal === "SIGKILL") return "killed";
  if (code !== 0) throw new Error(`The build failed (${code}): ${Buffer.concat(errors).toString()}`);
  return Buffer.concat(output).toString();
}
