import type { Clock } from "../common/clock.ts";
import type { DebugLog } from "../common/log.ts";
import type { CommandRunner } from "../host/run-command.ts";
import type { Api } from "../outscale/api.ts";
import type { Waiters } from "../outscale/waiters.ts";
import type { EventSink } from "./events.ts";
import type { Journal } from "./journal/journal.ts";
import type { RegionClouds } from "./region-copy/region-clouds.ts";
import type { Ui } from "./ui.ts";

/** What scopes and releases work with: a build is one such thing, and `cleanup` makes one for the run of a journal. */
export interface RunContext {
  readonly runId: string;
  readonly accountId: string;
  /** Where the device nodes and links of this VM are. */
  readonly deviceFolder: string;
  readonly api: Api;
  readonly waiters: Waiters;
  /** The accounts of other regions, and this one with its buckets. */
  readonly regions: RegionClouds;
  /** Programs on the host, outside the sandbox. */
  readonly host: CommandRunner;
  readonly journal: Journal;
  readonly ui: Ui;
  readonly emit: EventSink;
  readonly log: DebugLog;
  readonly clock: Clock;
  /** The user's wish to stop. Between two calls, never during one that changes something. */
  readonly signal: AbortSignal;
  /** The user's second wish to stop: releases get less time. */
  readonly hurry: AbortSignal;
  /** Somebody looks again later, and other work waits meanwhile: what the service cannot be kept from is left for then. */
  readonly isUnattended?: boolean | undefined;
}
