import { hostRunner } from "../../../host/run-command.ts";
import { type PackerCore, readCore } from "../../../plugin-install/packer-core.ts";
import type { Flags } from "../../flags.ts";

export const packerFlag = {
  packer: { type: "string", value: "PATH", about: "the Packer that uses it; by default the first on PATH" },
} as const satisfies Flags;

/** @throws {UsageError} when there is no Packer there */
export function readPacker(
  flags: { readonly packer: string | undefined },
  env: NodeJS.ProcessEnv,
): Promise<PackerCore> {
  return readCore(flags.packer ?? "packer", hostRunner(), env);
}
