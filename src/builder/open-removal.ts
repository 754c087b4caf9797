import { resolve } from "node:path";
import { type Clock, systemClock } from "../common/clock.ts";
import { type DebugLog, noLog } from "../common/log.ts";
import { version } from "../common/version.ts";
import { defaultWaiting } from "../config/default-waiting.ts";
import { engineSettings } from "../config/engine-settings.ts";
import { hostRunner } from "../host/run-command.ts";
import type { Access } from "../outscale/access.ts";
import { readAccountId } from "../outscale/account-id.ts";
import { createApi } from "../outscale/client.ts";
import { createWaiters } from "../outscale/waiters.ts";
import { Journal } from "./journal/journal.ts";
import { journalFolder, newRunId } from "./journal/run-id.ts";
import { deleteImage } from "./resources/image.ts";
import { prunedImageKind } from "./resources/pruned-image.ts";
import type { RunContext } from "./run-context.ts";
import { Scope } from "./scope.ts";
import { tellClockSkew } from "./tell-clock-skew.ts";
import { tellRetry } from "./tell-retry.ts";
import type { Ui } from "./ui.ts";

export interface RemovalOptions {
  readonly access: Access;
  /** Where the journal goes. */
  readonly stateFolder: string;
  readonly ui: Ui;
  /** Stops between two OMIs. */
  readonly signal: AbortSignal;
  readonly hurry: AbortSignal;
  readonly env: NodeJS.ProcessEnv;
  readonly clock?: Clock | undefined;
  readonly log?: DebugLog | undefined;
  /** The state folder of an embedded cloud, which `cleanup` starts again. */
  readonly localCloud?: string | undefined;
}

export interface RemovableImage {
  readonly imageId: string;
  readonly name: string;
  /** The account's own. */
  readonly snapshotIds: readonly string[];
}

/** A run that removes OMIs. Its journal is there until it is disposed of: what is half removed then, `cleanup` finishes. */
export interface Removal extends AsyncDisposable {
  readonly context: RunContext;
  /**
   * Deregisters an OMI and deletes its own snapshots, but for those that another OMI maps by now.
   * @throws {ApiError} when the OMI stands
   * @throws {LeftoverError} when snapshots are left
   */
  remove(image: RemovableImage): Promise<void>;
}

/**
 * Begins a run that removes OMIs.
 * @throws {AuthError} when the credentials are refused
 * @throws {JournalError} when the journal cannot be written
 */
export async function openRemoval(options: RemovalOptions): Promise<Removal> {
  const { access, stateFolder, ui, signal, hurry, env, localCloud } = options;
  const { clock = systemClock, log = noLog } = options;
  const tell = { ...tellRetry({ ui, clock }), onClockSkew: tellClockSkew(ui) };
  const api = createApi({ access, clock, log, env, ...tell });
  try {
    const accountId = await readAccountId(api, { signal });
    const header = {
      runId: newRunId(),
      buildName: "omi prune",
      startedAt: new Date(clock.now()).toISOString(),
      version,
      pid: process.pid,
      endpoint: access.endpoint,
      region: access.region,
      accountId,
      profile: access.profile ?? null,
      deviceFolder: resolve(engineSettings(env).deviceFolder),
      localCloud: localCloud === undefined ? null : resolve(localCloud),
    };
    const onTrouble = (message: string) => ui.warn(message);
    const journal = await Journal.create(journalFolder(stateFolder), header, { log, onTrouble });
    const waiters = createWaiters({ api, clock, log, ...defaultWaiting });
    const { runId, deviceFolder } = header;
    const tools = { api, journal, waiters, ui, log, clock, host: hostRunner(log), emit: () => undefined };
    const context: RunContext = { ...tools, runId, accountId, deviceFolder, signal, hurry };
    return {
      context,
      remove: (image) => removeImage(context, image),
      [Symbol.asyncDispose]: async () => {
        const isLeft = journal.hasOpenResources;
        journal.close("done");
        await api[Symbol.asyncDispose]();
        if (isLeft) ui.warn(`Something is left behind: run "outscale-chroot cleanup ${runId}"`);
      },
    };
  } catch (error) {
    await api[Symbol.asyncDispose]();
    throw error;
  }
}

async function removeImage(context: RunContext, { imageId, name, snapshotIds }: RemovableImage): Promise<void> {
  await using scope = new Scope("removal", context, { onFailure: "throw" });
  const lease = scope.adopt(prunedImageKind, { imageId, name, snapshotIds: [...snapshotIds] }, imageId);
  await deleteImage({ ...context, signal: new AbortController().signal }, imageId);
  await lease.release();
}
