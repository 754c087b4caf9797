import { resolve } from "node:path";
import { AuthError } from "../common/errors.ts";
import { version } from "../common/version.ts";
import type { Access } from "../outscale/access.ts";
import { createWaiters } from "../outscale/waiters.ts";
import { startBuild } from "./build.ts";
import type { RunInput } from "./builder.ts";
import type { RunHeader } from "./journal/entry.ts";
import { Journal } from "./journal/journal.ts";
import { journalFolder } from "./journal/run-id.ts";
import { proveDeletions } from "./prove-deletions.ts";
import { type BuildResult, runRecipe } from "./run-recipe.ts";
import type { Session } from "./session.ts";
import { checkAuth } from "./steps/check-auth.ts";
import { tellWaits } from "./tell-waits.ts";
import { outcomeOf, unwrapFailure } from "./unwrap-failure.ts";
import { WaitHistoryFile } from "./wait-history-file.ts";

type RunOfJournal = Pick<RunInput, "origin" | "resumed" | "journalCopy">;

/** Learns the account, opens the run's journal, follows the recipe, and ends the journal, however the build ends. */
export async function buildWithJournal(session: Session, access: Access, run: RunOfJournal): Promise<BuildResult> {
  const accountId = await checkAuth(session);
  if (session.resumed) assertSameAccount(session.resumed.header, { accountId, region: session.region });
  const { api, clock, log, region, config, emit, currentStep } = session;
  emit({ type: "account", accountId, region, endpoint: access.endpoint });
  const waits = await WaitHistoryFile.open({ stateFolder: config.stateFolder, accountId, region, log });
  const { polling, timeouts } = config;
  const onEnd = tellWaits({ clock, emit, currentStep });
  const waiters = createWaiters({ api, clock, log, polling, timeouts, history: waits.history, onEnd });
  const journal = await openJournal(session, access, accountId, run);
  const over = new AbortController();
  const { deviceFolder, stateFolder } = config;
  const proofs = proveDeletions(
    { ...session, accountId, waiters, deviceFolder, signal: over.signal },
    { stateFolder, endpoint: access.endpoint },
  );
  let outcome = "failed";
  try {
    const result = await runRecipe(startBuild(session, { accountId, journal, waiters }));
    outcome = result.failure === undefined ? "done" : outcomeOf(unwrapFailure(result.failure).error);
    return result;
  } catch (error) {
    outcome = outcomeOf(unwrapFailure(error).error);
    throw error;
  } finally {
    over.abort();
    await proofs;
    const isKept = journal.hasOpenResources;
    journal.close(outcome);
    await waits.save();
    if (isKept && !session.keptVolume.isTold)
      session.ui.warn(`Something is left behind: run "outscale-chroot cleanup ${session.runId}"`);
  }
}

async function openJournal(
  { runId, config, log, region, clock, ui, emit, localCloud }: Session,
  access: Access,
  accountId: string,
  { origin, resumed, journalCopy }: RunOfJournal,
): Promise<Journal> {
  const onTrouble = (message: string) => {
    ui.warn(message);
    emit({ type: "warning", message });
  };
  const options = { log, onTrouble, forbidden: [access.secretKey], copy: journalCopy };
  const header = {
    runId,
    buildName: config.packerBuildName ?? "outscale-chroot",
    startedAt: new Date(clock.now()).toISOString(),
    version,
    pid: process.pid,
    endpoint: access.endpoint,
    region,
    accountId,
    profile: access.profile ?? null,
    deviceFolder: resolve(config.deviceFolder),
    localCloud: localCloud ?? null,
  };
  const journal = resumed
    ? Journal.resume(resumed, options)
    : await Journal.create(journalFolder(config.stateFolder), header, options);
  try {
    if (origin !== undefined) journal.origin(origin);
    return journal;
  } catch (error) {
    journal.close("failed");
    throw error;
  }
}

/** @throws {AuthError} when a run cannot be gone on with from here: its volume is in another account or region */
function assertSameAccount(header: RunHeader, now: Pick<RunHeader, "accountId" | "region">): void {
  const { runId, accountId, region, profile } = header;
  if (accountId === now.accountId && region === now.region) return;
  const message = `The run ${runId} is of the account ${accountId} in ${region}, and not of ${now.accountId} in ${now.region}`;
  const hint = `Give the run's own credentials${profile === null ? "" : ` (the profile "${profile}")`} and region`;
  throw new AuthError(message, { hint });
}
