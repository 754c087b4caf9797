import type { Clock } from "../common/clock.ts";
import type { DebugLog } from "../common/log.ts";
import type { CommandRunner } from "../host/run-command.ts";
import type { Api } from "../outscale/api.ts";
import type { Waiters } from "../outscale/waiters.ts";
import type { JsonObject } from "./journal.ts";
import type { Ui } from "./ui.ts";

/** What a release works with. It has no build: `cleanup` releases what a dead run left, from its journal alone. */
export interface ReleaseContext {
  readonly runId: string;
  readonly api: Api;
  readonly waiters: Waiters;
  readonly accountId: string;
  readonly region: string;
  readonly deviceFolder: string;
  /** Runs on the host itself, outside every sandbox. */
  readonly host: CommandRunner;
  readonly ui: Ui;
  readonly log: DebugLog;
  readonly clock: Clock;
  /** Fires at the release's deadline. Not the build's signal: a cancelled build still cleans up. */
  readonly signal: AbortSignal;
}

/** A resource as the journal knows it. */
export interface Held<Intent extends JsonObject> {
  readonly id: string;
  readonly intent: Intent;
  readonly facts: JsonObject;
}

/**
 * A kind of thing that a build acquires: how it is found when the answer to its creation was lost, and how it is
 * released. The live build and `cleanup` use the same two functions.
 */
export interface ResourceKind<Intent extends JsonObject = JsonObject> {
  /** The name in journal and events: `volume`, `link`, ... */
  readonly name: string;
  /** What a release says, with the id of what may be left behind: `Deleting volume vol-1a2b3c4d`. */
  releaseLabel(id: string, intent: Intent): string;
  /** The id of what the intent has made, if it has made anything. */
  find(context: ReleaseContext, intent: Intent): Promise<string | undefined>;
  /** Removes it and waits until it is gone. One that is gone already is no failure. */
  release(context: ReleaseContext, held: Held<Intent>): Promise<void>;
}
