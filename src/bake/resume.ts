import { realpathSync } from "node:fs";
import { JournalError } from "../builder/journal/journal-error.ts";
import { findRuns, type HeldRun, holdDeadRun, type Run } from "../builder/journal/runs.ts";
import { volumeOf } from "../builder/steps/take-over-volume.ts";
import { UsageError } from "../common/errors.ts";
import { engineSettings } from "../config/engine-settings.ts";
import { readRecord, recordedRuns } from "../history/history-folder.ts";
import { assertAnswered, type BakeHandlers, type BakeResult, runOpened } from "./bake.ts";
import { type OpenBake, type OpenBakeInput, openBake } from "./open-bake.ts";
import { assertGivenAgain, readOrigin } from "./run-origin.ts";

/** A run to go on with, and how. What is left out is as it was when the run was begun. */
export interface OpenResumeInput
  extends Pick<
    OpenBakeInput,
    | "variables"
    | "variableFiles"
    | "env"
    | "debug"
    | "force"
    | "onError"
    | "bootTest"
    | "log"
    | "clock"
    | "history"
    | "onRetry"
    | "evidence"
  > {
  /** The run's id, or as much of its beginning as no other run has. */
  readonly run: string;
  /** Where the journals are, in `runs/`; by default as the environment says. */
  readonly stateFolder?: string | undefined;
}

export interface ResumeInput extends OpenResumeInput, BakeHandlers {}

/**
 * Goes on with a run that has failed or died: on its volume, with the provisioner that has not run to its end, and the template
 * as it is now. A run that fails again can be gone on with again, unless `onError` says otherwise; it is `abort` by default.
 *
 * The template is read from the working folder that the run was begun in, which must be that of this process.
 * @throws {UsageError} when there is no such run, it is alive, or it cannot be gone on with
 */
export async function resume(input: ResumeInput): Promise<BakeResult> {
  assertAnswered(input);
  await using opened = await openResume(input);
  return await runOpened(opened, input);
}

/** Takes hold of the run, so that nobody else has it, and does everything that can be refused before it is touched. */
export async function openResume(input: OpenResumeInput): Promise<OpenBake> {
  const { env: outerEnv = process.env } = input;
  const stateFolder = input.stateFolder ?? engineSettings(outerEnv).stateFolder;
  const held = await holdRun(stateFolder, input.run);
  try {
    return await openHeld(held, input, { ...outerEnv, OUTSCALE_CHROOT_STATE: stateFolder });
  } catch (error) {
    held[Symbol.dispose]();
    throw error;
  }
}

/** The folder that a run was begun in, from which relative paths in its template start. */
export function workingFolderOf(stateFolder: string, run: string): string {
  return readOrigin(findRun(stateFolder, run).record).workingFolder;
}

async function openHeld(held: HeldRun, input: OpenResumeInput, env: NodeJS.ProcessEnv): Promise<OpenBake> {
  const { header } = held.record;
  volumeOf(held.record);
  const origin = readOrigin(held.record);
  assertInFolder(origin.workingFolder);
  const variables = { ...origin.variables, ...input.variables };
  const ownProfile = header.profile !== null && !env.OSC_ACCESS_KEY && !env.OSC_PROFILE;
  const itsEnv = ownProfile ? { ...env, OSC_PROFILE: header.profile } : env;
  assertGivenAgain(origin, { variables, env });
  const { run: _run, stateFolder: _stateFolder, ...settings } = input;
  const opened = await openBake(
    {
      ...settings,
      template: origin.template,
      variables,
      variableFiles: [...origin.variableFiles, ...(input.variableFiles ?? [])],
      onlyBuild: origin.build,
      except: origin.except,
      force: input.force ?? origin.force,
      bootTest: input.bootTest ?? origin.bootTest,
      onError: input.onError ?? "abort",
      local: header.localCloud === null ? undefined : { stateFolder: header.localCloud },
      env: itsEnv,
    },
    held,
  );
  return {
    ...opened,
    [Symbol.asyncDispose]: async () => {
      held[Symbol.dispose]();
      await opened[Symbol.asyncDispose]();
    },
  };
}

function assertInFolder(folder: string): void {
  if (isSameFolder(folder, process.cwd())) return;
  throw new UsageError(`The run was begun in "${folder}", from where relative paths in its template start`, {
    hint: `Go there first: cd ${folder}`,
  });
}

function isSameFolder(one: string, other: string): boolean {
  try {
    return realpathSync(one) === realpathSync(other);
  } catch {
    return false;
  }
}

/** @throws {UsageError} when somebody else works on it, or it is not there */
async function holdRun(stateFolder: string, start: string): Promise<HeldRun> {
  const run = findRun(stateFolder, start);
  const held = await holdDeadRun(run);
  if (held !== undefined) return held;
  const { runId } = findRun(stateFolder, start).record.header; // it may have ended meanwhile
  throw new UsageError(`The run ${runId} is alive: another process works on it`, {
    hint: "Wait until it has ended; outscale-chroot runs list shows how it stands",
  });
}

function findRun(stateFolder: string, start: string): Run {
  const { runs, unusable } = findRuns(stateFolder);
  const found = runs.filter(({ record }) => record.header.runId.startsWith(start));
  const damaged = unusable.find(({ runId }) => runId.startsWith(start));
  const [first, ...others] = found;
  if (first === undefined) throw damaged ? new JournalError(damaged.problem) : nothingLeft(stateFolder, start, runs);
  if (others.length === 0) return first;
  const ids = found.map(({ record }) => record.header.runId).join(", ");
  throw new UsageError(`Several runs begin with "${start}": ${ids}`, { hint: "Give more of its id" });
}

/** There is no journal: the run has succeeded, was cleaned up, or never was. */
function nothingLeft(stateFolder: string, start: string, others: readonly Run[]): UsageError {
  const ids = others.map(({ record }) => record.header.runId).join(", ");
  const hint = ids === "" ? "No run has left anything" : `Runs that are alive, or left something: ${ids}`;
  const recorded = recordedRuns(stateFolder).filter((runId) => runId.startsWith(start));
  const record = recorded.length === 1 ? readRecord(stateFolder, recorded[0] ?? "") : undefined;
  if (record === undefined) return new UsageError(`There is no run "${start}" to go on with`, { hint });
  const { runId, outcome, product } = record;
  if (outcome !== "done") return new UsageError(`The run ${runId} cannot be resumed: it was cleaned up`, { hint });
  const made = product === null ? "" : `: it made ${product.imageId}`;
  return new UsageError(`The run ${runId} has succeeded${made}`, { hint });
}
