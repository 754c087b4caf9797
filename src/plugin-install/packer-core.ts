import { UsageError } from "../common/errors.ts";
import { hostEnvironment } from "../host/host-environment.ts";
import type { CommandRunner } from "../host/run-command.ts";

/** Where a version of Packer looks for plugins, and under which names. */
export type Layout = "builder-file" | "plugin-file" | "source-tree";

export interface PackerCore {
  readonly program: string;
  /** `1.6.6` */
  readonly version: string;
  readonly layout: Layout;
  /** Cores before 1.7.5 know one place for their configuration; later ones follow the XDG folders. */
  readonly usesXdg: boolean;
}

/**
 * Asks a Packer for its version.
 * @throws {UsageError} when it cannot be run, or does not say
 */
export async function readCore(program: string, runner: CommandRunner, env: NodeJS.ProcessEnv): Promise<PackerCore> {
  const home = env.HOME === undefined ? {} : { HOME: env.HOME };
  const { stdout } = await runner
    .run([program, "version"], { env: { ...hostEnvironment(), ...home, CHECKPOINT_DISABLE: "1" }, timeoutMs: 60_000 })
    .catch((cause: unknown) => {
      throw new UsageError(`Cannot run "${program}"`, { cause, hint: "-packer PATH says where Packer is" });
    });
  return coreOf(program, stdout);
}

/** @param output What `packer version` prints: `Packer v1.6.6` */
export function coreOf(program: string, output: string): PackerCore {
  const [, version, major, minor, patch] = /v((\d+)\.(\d+)\.(\d+))/.exec(output) ?? [];
  if (version === undefined) throw new UsageError(`"${program}" does not say which version it is: ${output.trim()}`);
  const age = Number(major) * 10_000 + Number(minor) * 100 + Number(patch);
  const layout = age < 1_07_00 ? "builder-file" : age < 1_10_00 ? "plugin-file" : "source-tree";
  return { program, version, layout, usesXdg: age >= 1_07_05 };
}
