import { resolve } from "node:path";
import { engineSettings } from "../config/engine-settings.ts";
import { shellQuote } from "../host/shell-quote.ts";

export interface CleanupCommandInput {
  /** Every dead run when absent. */
  readonly runId?: string | undefined;
  /** Where the journal is; where commands look by themselves when absent. */
  readonly stateFolder?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  /** The profile with the credentials of the run's account, where it has to be given. */
  readonly profile?: string | undefined;
}

/** The command that takes down what a run has left, wherever its journal is. */
export function cleanupCommand({ runId, stateFolder, env, profile }: CleanupCommandInput): string {
  const usual = engineSettings(env).stateFolder;
  const isElsewhere = stateFolder !== undefined && resolve(stateFolder) !== resolve(usual);
  return shellQuote([
    ...["outscale-chroot", "cleanup"],
    ...(isElsewhere ? ["-state", resolve(stateFolder)] : []),
    ...(profile === undefined ? [] : ["-profile", profile]),
    ...(runId === undefined ? [] : [runId]),
  ]);
}
