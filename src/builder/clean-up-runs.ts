import { type Clock, systemClock } from "../common/clock.ts";
import { AuthError, LeftoverError, messageOf } from "../common/errors.ts";
import { type DebugLog, noLog } from "../common/log.ts";
import { hostRunner } from "../host/run-command.ts";
import type { Access } from "../outscale/access.ts";
import { createApi } from "../outscale/client.ts";
import { createWaiters } from "../outscale/waiters.ts";
import { Journal, type OpenResource, type RunHeader } from "./journal.ts";
import type { ReleaseContext } from "./resource-kind.ts";
import { kindsByName } from "./resources/kinds.ts";
import { listRuns, lockDeadRun, type Run } from "./runs.ts";
import { releaseDeadline } from "./scope.ts";
import type { Ui } from "./ui.ts";

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
}

export interface Connection {
  readonly access: Access;
  readonly close: () => Promise<void>;
}

/** What happened to one run. */
export interface CleanedRun {
  readonly runId: string;
  readonly outcome: "alive" | "clean" | "cleaned" | "dry-run" | "failed";
  readonly removed: readonly string[];
  readonly failures: readonly string[];
}

/**
 * Takes down what dead runs have left, newest first, from their journals. Live runs are never touched.
 * @throws {LeftoverError} at the end, when something could not be taken down; the rest was all the same
 */
export async function cleanUpRuns(options: CleanUpOptions): Promise<readonly CleanedRun[]> {
  const { ui, runIds } = options;
  const all = listRuns(options.stateFolder);
  const unknown = runIds.filter((id) => !all.some(({ record }) => record.header.runId === id));
  for (const id of unknown) ui.message(`There is no run ${id}, or it left nothing behind`);
  const wanted = runIds.length === 0 ? all : all.filter(({ record }) => runIds.includes(record.header.runId));
  const results: CleanedRun[] = [];
  for (const run of wanted) results.push(await cleanUpRun(run, options));
  if (wanted.length === 0) ui.say("Nothing to clean up");
  const failures = results.flatMap(({ failures }) => failures);
  if (failures.length > 0) {
    throw new LeftoverError(`Not everything could be taken down: ${failures.join("; ")}`, {
      leftovers: failures,
      hint: "Free what is named, then run the clean-up again",
    });
  }
  return results;
}

async function cleanUpRun(run: Run, options: CleanUpOptions): Promise<CleanedRun> {
  const { header, resources } = run.record;
  const { ui, dryRun, log = noLog } = options;
  const result = { runId: header.runId, removed: [], failures: [] };
  const fd = await lockDeadRun(run);
  if (fd === undefined) {
    ui.say(`Run ${header.runId} (${header.buildName}) is alive: left alone`);
    return { ...result, outcome: "alive" };
  }
  ui.say(
    `Run ${header.runId} (${header.buildName}, started ${header.startedAt}): ${resources.length} things to look at`,
  );
  const journal = Journal.resume(run.path, fd, run.record, log);
  if (resources.length === 0 || dryRun) {
    for (const resource of [...resources].reverse()) ui.message(`Would do: ${describe(resource)}`);
    if (dryRun) journal.detach();
    else journal.close("cleaned");
    return { ...result, outcome: dryRun ? "dry-run" : "clean" };
  }
  try {
    return await releaseAll(run, journal, options);
  } catch (error) {
    ui.error(`Run ${header.runId}: ${messageOf(error)}`);
    return { ...result, outcome: "failed", failures: [`run ${header.runId}: ${messageOf(error)}`] };
  } finally {
    journal.close("cleaned");
  }
}

async function releaseAll({ record }: Run, journal: Journal, options: CleanUpOptions): Promise<CleanedRun> {
  const { header } = record;
  const { ui, clock = systemClock, log = noLog, env = process.env } = options;
  const connection = await options.connect(header);
  const removed: string[] = [];
  const failures: string[] = [];
  try {
    await using api = createApi({ access: connection.access, clock, log, env });
    await assertSameAccount(api, header);
    const { runId, accountId, region, deviceFolder } = header;
    const waiters = createWaiters({ api, clock, log });
    const context = { runId, api, waiters, accountId, region, deviceFolder, host: hostRunner(log), ui, log, clock };
    for (const resource of [...record.resources].reverse()) {
      try {
        if (await releaseOne(context, resource)) removed.push(describe(resource));
        journal.released(resource.seq);
      } catch (error) {
        ui.error(`${describe(resource)} failed: ${messageOf(error)}`);
        failures.push(messageOf(error));
      }
    }
  } finally {
    await connection.close();
  }
  return { runId: header.runId, outcome: failures.length > 0 ? "failed" : "cleaned", removed, failures };
}

/** @returns false when there was nothing: the intent was written, and nothing came of it */
async function releaseOne(context: Omit<ReleaseContext, "signal">, resource: OpenResource): Promise<boolean> {
  const kind = kindsByName.get(resource.kind);
  if (kind === undefined)
    throw new Error(`A newer version made the ${resource.kind} ${resource.id ?? ""}: use that one`);
  using deadline = releaseDeadline(new AbortController().signal);
  const full: ReleaseContext = { ...context, signal: deadline.signal };
  const id = resource.id ?? (await kind.find(full, resource.intent));
  if (id === undefined) return false;
  context.ui.message(`${kind.releaseLabel(id, resource.intent)}...`);
  await kind.release(full, { id, intent: resource.intent, facts: resource.facts });
  return true;
}

async function assertSameAccount(api: Pick<ReleaseContext["api"], "readAccounts">, header: RunHeader): Promise<void> {
  const { Accounts } = await api.readAccounts({});
  const accountId = Accounts[0]?.AccountId;
  if (accountId === header.accountId) return;
  throw new AuthError(
    `These credentials are of the account ${accountId ?? "(unknown)"}, but the run was made with ${header.accountId}`,
    {
      hint: header.profile
        ? `Use the profile of the run: outscale-chroot cleanup --profile ${header.profile}`
        : "Give the run's own credentials, by OSC_ACCESS_KEY and OSC_SECRET_KEY or --profile",
    },
  );
}

function describe({ kind, id, intent }: OpenResource): string {
  const known = kindsByName.get(kind);
  if (known === undefined || id === undefined) return `${kind} ${id ?? "without an answer"}`;
  return known.releaseLabel(id, intent);
}
