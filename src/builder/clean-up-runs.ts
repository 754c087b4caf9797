import { type Clock, systemClock } from "../common/clock.ts";
import { AuthError, ChrootError, LeftoverError, messageOf } from "../common/errors.ts";
import { type DebugLog, noLog } from "../common/log.ts";
import { defaultWaiting } from "../config/default-waiting.ts";
import { temporaryFolder } from "../config/engine-settings.ts";
import { removeAbandoned } from "../host/held-folder.ts";
import { hostRunner } from "../host/run-command.ts";
import type { Access } from "../outscale/access.ts";
import { readAccountId } from "../outscale/account-id.ts";
import type { Api } from "../outscale/api.ts";
import { createApi } from "../outscale/client.ts";
import { isAuth } from "../outscale/errors.ts";
import { createWaiters } from "../outscale/waiters.ts";
import { type CleanupCommandInput, cleanupCommand } from "./cleanup-command.ts";
import type { RunHeader } from "./journal/entry.ts";
import { Journal } from "./journal/journal.ts";
import type { OpenResource } from "./journal/read-journal.ts";
import {
  findDeletions,
  findRuns,
  type HeldRun,
  holdDeadRun,
  type Run,
  removeStillborn,
  type UnusableJournal,
} from "./journal/runs.ts";
import type { Product } from "./publish-omi.ts";
import { foundProduct, type MissingCopies } from "./region-copy/missing-copies.ts";
import type { Place } from "./region-copy/place.ts";
import { regionsOf } from "./region-copy/regions-of-run.ts";
import { releaseRecorded } from "./release-recorded.ts";
import type { RunContext } from "./run-context.ts";
import { RunsOnError } from "./runs-on-error.ts";
import { tellClockSkew } from "./tell-clock-skew.ts";
import { tellRetry } from "./tell-retry.ts";
import type { Ui } from "./ui.ts";
import { untagProduct } from "./untag-product.ts";

export interface CleanUpOptions {
  /** Where the journals are, in `runs/`. */
  readonly stateFolder: string;
  /** Only these runs; every dead run when empty. */
  readonly runIds: readonly string[];
  /** Says what it would do and does nothing. */
  readonly dryRun: boolean;
  readonly ui: Ui;
  /**
   * The way back to the account of a run: its credentials are in no journal. It may start an embedded cloud again for
   * it, which `close` stops.
   */
  readonly connect: (header: RunHeader) => Promise<Connection>;
  readonly clock?: Clock;
  readonly log?: DebugLog;
  readonly env?: NodeJS.ProcessEnv;
  /** Once it has fired, each thing has a minute. */
  readonly hurry?: AbortSignal;
  /** It is done again later, and nobody waits for it now: what an export still writes is left for then. */
  readonly isUnattended?: boolean;
}

export interface Connection {
  readonly access: Access;
  /** The way to an account in another region that the run's journal names. @throws {AuthError} */
  readonly accessTo: (place: Place) => Promise<Access>;
  readonly close: () => Promise<void>;
}

/** What happened to one run. */
export interface CleanedRun {
  readonly runId: string;
  /**
   * `unusable`: its journal cannot be read, so it was left as it is. `later`: nothing failed, and an export of its still runs, for
   * which an unattended clean-up does not wait.
   */
  readonly outcome: "alive" | "clean" | "cleaned" | "dry-run" | "failed" | "later" | "unusable";
  readonly removed: readonly string[];
  readonly failures: readonly string[];
  /** The OMI that it had made, which stays. */
  readonly product?: Product | undefined;
  /** Where that was to be, too, and is not. */
  readonly missing?: MissingCopies | undefined;
}

/** Something could not be taken down; the rest was all the same. */
export class CleanUpError extends LeftoverError {
  /** What happened to each run. */
  readonly runs: readonly CleanedRun[];

  constructor(runs: readonly CleanedRun[]) {
    const leftovers = runs.flatMap(({ failures }) => failures);
    const hint = "Free what is named above, then run the clean-up again";
    super(`Not everything could be taken down: ${leftovers.join("; ")}`, { leftovers, hint });
    this.runs = runs;
  }
}

/**
 * Takes down what dead runs have left, newest first, from their journals. Live runs are never touched, and a journal that
 * cannot be used keeps nobody else's from being.
 * @throws {CleanUpError} at the end, when something could not be taken down
 */
export async function cleanUpRuns(options: CleanUpOptions): Promise<readonly CleanedRun[]> {
  const { ui, runIds } = options;
  const { runs, unusable, stillborn } = findRuns(options.stateFolder);
  const deletions = findDeletions(options.stateFolder);
  const isWanted = (runId: string) => runIds.length === 0 || runIds.includes(runId);
  const known = [
    ...[...runs, ...deletions].map(({ record }) => record.header.runId),
    ...unusable.map(({ runId }) => runId),
  ];
  for (const id of runIds.filter((id) => !known.includes(id))) {
    ui.message(`There is no run ${id}, or it left nothing behind`);
  }
  if (runIds.length === 0 && !options.dryRun) await removeWithoutJournal(stillborn, options);
  const results: CleanedRun[] = [];
  for (const run of runs.filter(({ record }) => isWanted(record.header.runId))) {
    results.push(await cleanUpRun(run, options));
  }
  for (const run of deletions.filter(({ record }) => isWanted(record.header.runId))) {
    results.push(await lookAgain(run, options));
  }
  for (const journal of unusable.filter(({ runId }) => isWanted(runId))) results.push(tellUnusable(journal, options));
  if (results.length === 0) ui.say("Nothing to clean up");
  if (results.some(({ failures }) => failures.length > 0)) throw new CleanUpError(results);
  return results;
}

/** What killed runs have left outside their journals: journals that were never begun, and locked folders with what belongs to them. */
async function removeWithoutJournal(stillborn: readonly string[], { stateFolder, ui }: CleanUpOptions): Promise<void> {
  for (const path of stillborn) await removeStillborn(path);
  for (const path of await removeAbandoned(temporaryFolder(stateFolder))) ui.say(`Removed ${path}`);
}

function tellUnusable({ runId, problem }: UnusableJournal, { ui }: CleanUpOptions): CleanedRun {
  ui.error(problem);
  return { runId, outcome: "unusable", removed: [], failures: [problem] };
}

/**
 * A run that ended well, and whose volume was going then. Nothing has to be done, unless it is still there: when nobody can
 * look now, the next build of the account does.
 */
async function lookAgain(run: Run, options: CleanUpOptions): Promise<CleanedRun> {
  const { ui } = options;
  const { header, resources } = run.record;
  const { runId } = header;
  const what = resources.map(({ kind, id }) => `${kind} ${id}`).join(", ");
  ui.say(`Run ${runId} (${header.buildName}) ended well while the service was deleting: ${what}`);
  const clean: CleanedRun = { runId, outcome: "clean", removed: [], failures: [] };
  if (options.dryRun) return { ...clean, outcome: "dry-run" };
  const held = await holdDeadRun(run);
  if (held === undefined) return clean;
  const journal = Journal.resume(held, { log: options.log ?? noLog, onTrouble: (message) => ui.warn(message) });
  try {
    const looked = await releaseAll(held, journal, { ...options, wereSeen: true });
    return looked.failures.length > 0 ? looked : clean;
  } catch (error) {
    ui.message(`Whether it is gone cannot be seen now: ${messageOf(error)}`);
    return clean;
  } finally {
    journal.close("cleaned");
  }
}

async function cleanUpRun(listed: Run, options: CleanUpOptions): Promise<CleanedRun> {
  const { header } = listed.record;
  const { ui } = options;
  const failed = (error: unknown): CleanedRun => {
    ui.error(`Run ${header.runId}: ${withAdvice(error)}`);
    const failures = [`run ${header.runId}: ${withAdvice(error)}`];
    return { runId: header.runId, outcome: "failed", removed: [], failures };
  };
  try {
    const run = await holdDeadRun(listed);
    if (run !== undefined) return await cleanUpHeldRun(run, options, failed);
  } catch (error) {
    return failed(error);
  }
  ui.say(`Run ${header.runId} (${header.buildName}) is alive: left alone`);
  return { runId: header.runId, outcome: "alive", removed: [], failures: [] };
}

async function cleanUpHeldRun(
  run: HeldRun,
  options: CleanUpOptions,
  failed: (error: unknown) => CleanedRun,
): Promise<CleanedRun> {
  const { header, resources } = run.record;
  const { ui, dryRun, log = noLog } = options;
  ui.say(
    `Run ${header.runId} (${header.buildName}, started ${header.startedAt}): ${resources.length === 1 ? "1 thing is" : `${resources.length} things are`} left`,
  );
  if (dryRun) return sayWhatWouldBeDone(run, options);
  const journal = Journal.resume(run, { log, onTrouble: (message) => ui.warn(message) });
  try {
    const found = foundProduct(run.record);
    if (resources.length === 0 && found === undefined)
      return { runId: header.runId, outcome: "clean", removed: [], failures: [] };
    const cleaned = await releaseAll(run, journal, options);
    if (found?.missing !== undefined) {
      const { product, missing } = found;
      ui.warn(`${product.imageId} (${product.name}) stays, without a copy in ${missing.regions.join(", ")}`);
      ui.warn(`To finish it: ${missing.command}`);
    }
    return { ...cleaned, ...found };
  } catch (error) {
    return failed(error);
  } finally {
    journal.close("cleaned");
  }
}

function sayWhatWouldBeDone(run: HeldRun, { ui }: CleanUpOptions): CleanedRun {
  using held = run;
  const { header, resources } = held.record;
  for (const resource of [...resources].reverse()) ui.message(`Would do: ${describe(resource)}`);
  return { runId: header.runId, outcome: "dry-run", removed: [], failures: [] };
}

/** @param options With `wereSeen`, what is missing from an answer is gone */
async function releaseAll(
  { record }: HeldRun,
  journal: Journal,
  options: CleanUpOptions & { readonly wereSeen?: boolean },
): Promise<CleanedRun> {
  const { header } = record;
  const { ui, clock = systemClock, log = noLog, env = process.env } = options;
  const connection = await options.connect(header);
  const removed: string[] = [];
  const failures: string[] = [];
  let isLater = false;
  try {
    const tell = { ...tellRetry({ ui, clock }), onClockSkew: tellClockSkew(ui) };
    await using api = createApi({ access: connection.access, clock, log, env, ...tell });
    await assertSameAccount(api, header, { ...options, env });
    await using regions = regionsOf(header, connection, { ...options, ui, clock, log, env });
    const { hurry = new AbortController().signal, isUnattended } = options;
    const context = contextOf(header, { api, regions, journal, ui, log, clock, hurry, isUnattended });
    if (options.wereSeen) for (const { id } of record.resources) if (id !== undefined) context.waiters.noteSeen(id);
    for (const resource of [...record.resources].reverse()) {
      try {
        if (await releaseRecorded(context, resource, record.writtenAt)) removed.push(describe(resource));
        journal.released(resource.seq);
      } catch (error) {
        if (options.isUnattended && error instanceof RunsOnError) {
          ui.message(`${messageOf(error)}: left for the next time`);
          isLater = true;
          continue;
        }
        ui.error(`${describe(resource)} failed: ${withAdvice(error)}`);
        failures.push(withAdvice(error));
      }
    }
    if (record.product !== undefined) await untagProduct(context, record.product);
  } finally {
    await connection.close();
  }
  const done = isLater ? "later" : "cleaned";
  return { runId: header.runId, outcome: failures.length > 0 ? "failed" : done, removed, failures };
}

/** The run of a journal, as scopes and releases know a build: nobody listens to it, and nobody stops it before its end. */
function contextOf(
  { runId, accountId, deviceFolder }: RunHeader,
  tools: Pick<RunContext, "api" | "regions" | "journal" | "ui" | "log" | "clock" | "hurry" | "isUnattended">,
): RunContext {
  const waiters = createWaiters({ ...tools, ...defaultWaiting });
  const { signal } = new AbortController();
  const host = hostRunner(tools.log);
  return { ...tools, runId, accountId, deviceFolder, waiters, host, emit: () => undefined, signal };
}

async function assertSameAccount(
  api: Pick<Api, "readAccounts">,
  header: RunHeader,
  folder: Pick<CleanupCommandInput, "stateFolder" | "env">,
): Promise<void> {
  const { runId, profile } = header;
  const hint = profile
    ? `Use the profile of the run: ${cleanupCommand({ ...folder, runId, profile })}`
    : "Give the run's own credentials, by OSC_ACCESS_KEY and OSC_SECRET_KEY or --profile";
  const accountId = await readAccountId(api).catch((cause: unknown) => {
    if (!isAuth(cause)) throw cause;
    const wanted = `the account ${header.accountId} in ${header.region}`;
    throw new AuthError(`The credentials are not good for ${wanted}: ${messageOf(cause)}`, { cause, hint });
  });
  if (accountId === header.accountId) return;
  const message = `These credentials are of the account ${accountId}, but the run was made with ${header.accountId}`;
  throw new AuthError(message, { hint });
}

/** The error at the end has advice of its own. */
function withAdvice(error: unknown): string {
  const hint = error instanceof ChrootError && error.hint;
  return hint ? `${messageOf(error)} (${hint})` : messageOf(error);
}

function describe({ kind, id, recorded }: OpenResource): string {
  return id === undefined ? `${kind} without an answer` : recorded.label(id);
}
