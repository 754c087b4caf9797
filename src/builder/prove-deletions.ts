import { unlinkSync } from "node:fs";
import { ignoreErrno } from "../common/errno.ts";
import { messageOf } from "../common/errors.ts";
import { Journal } from "./journal/journal.ts";
import type { OpenResource } from "./journal/read-journal.ts";
import { findDeletions, holdDeadRun, type Run } from "./journal/runs.ts";
import type { RunContext } from "./run-context.ts";

/** A build reads its own volume sooner than that, and the look goes along with it. */
const PATIENCE_MS = 60_000;
/** After that, in milliseconds, nobody looks any more: the service had accepted the deletion. */
const FORGOTTEN_MS = 30 * 24 * 3_600_000;

export interface ProveDeletionsInput {
  readonly stateFolder: string;
  readonly endpoint: string;
}

/** Its signal fires when the build that looks is over. */
type Context = Omit<RunContext, "journal">;

/**
 * Looks whether the volumes are gone that earlier builds of this account had deleted when they ended. It is no matter of
 * this build: what goes wrong is looked at by the next one.
 */
export async function proveDeletions(context: Context, input: ProveDeletionsInput): Promise<void> {
  try {
    await Promise.all(findDeletions(input.stateFolder).map((run) => proveOne({ ...context, ...input }, run)));
  } catch (error) {
    if (context.signal.aborted) return;
    context.log.write({ kind: "note", message: `Earlier deletions were not looked at: ${messageOf(error)}` });
  }
}

async function proveOne(context: Context & Pick<ProveDeletionsInput, "endpoint">, run: Run): Promise<void> {
  const { clock, accountId, endpoint } = context;
  const { header, resources, writtenAt } = run.record;
  if (header.accountId !== accountId || header.endpoint !== endpoint) {
    if (clock.now() - writtenAt > FORGOTTEN_MS) forget(run);
    return;
  }
  const isThere = await Promise.all(resources.map((resource) => isStillThere(context, run, resource)));
  if (isThere.every((there) => there === "gone")) forget(run);
  else if (isThere.includes("came back")) await deleteAgain(context, run);
}

async function isStillThere(
  { waiters, signal, ui }: Context,
  { record: { header } }: Run,
  { kind, id }: OpenResource,
): Promise<"gone" | "going" | "came back"> {
  if (kind !== "volume" || id === undefined) return "going"; // a newer version's; `cleanup` knows
  const volume = await waiters.lookAtVolume(id, PATIENCE_MS, signal);
  if (volume === undefined) return "gone"; // it was seen before
  if (volume.State === "deleting") return "going";
  ui.warn(`The volume ${id} that run ${header.runId} deleted is still there (${volume.State}): deleting it again`);
  return "came back";
}

async function deleteAgain(context: Context, listed: Run): Promise<void> {
  const run = await holdDeadRun(listed);
  if (run === undefined) return; // somebody else is at it
  const { log, ui } = context;
  const journal = Journal.resume(run, { log, onTrouble: (message) => ui.warn(message) });
  try {
    const { header, resources, writtenAt } = run.record;
    for (const { seq, id, recorded } of [...resources].reverse()) {
      if (id === undefined) continue;
      await recorded.release({ ...context, runId: header.runId }, id, writtenAt);
      journal.released(seq);
    }
  } finally {
    journal.close("cleaned");
  }
}

/** Two that look at the same moment find the same. */
function forget({ path }: Run): void {
  try {
    unlinkSync(path);
  } catch (error) {
    ignoreErrno("ENOENT")(error);
  }
}
