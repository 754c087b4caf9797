import { UsageError } from "../../../common/errors.ts";
import type { RunRecord } from "../../../history/run-record.ts";
import { findRecord } from "../../../history/runs.ts";
import { stateFolderOf } from "./state-flag.ts";

interface Asked {
  readonly flags: { readonly state: string | undefined };
  readonly positionals: readonly string[];
}

/** The record of the one run that an action is about. @throws {UsageError} when it is not exactly one, or has no record */
export function askedRecord({ flags, positionals }: Asked, env: NodeJS.ProcessEnv): RunRecord {
  return findRecord(stateFolderOf(flags, env), oneRun(positionals));
}

/** @throws {UsageError} when it is not exactly one */
export function oneRun(positionals: readonly string[]): string {
  const [runId, ...others] = positionals;
  const hint = "outscale-chroot runs list shows them";
  if (runId === undefined || runId === "") throw new UsageError("No run is given", { hint });
  if (others.length > 0) throw new UsageError(`More than one run is given: ${positionals.join(", ")}`, { hint });
  return runId;
}
