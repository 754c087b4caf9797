import type { Clock } from "../common/clock.ts";
import { CancelledError } from "../common/errors.ts";
import type { DebugLog } from "../common/log.ts";
import type { BuildConfig } from "../config/build-config.ts";
import type { RenderContext } from "../go-template/context.ts";
import type { CommandRunner } from "../host/run-command.ts";
import type { Api } from "../outscale/api.ts";
import type { Waiters } from "../outscale/waiters.ts";
import type { EventSink, StepName } from "./events.ts";
import type { Hook } from "./hook.ts";
import type { Journal } from "./journal.ts";
import { Scope, type ScopeShare } from "./scope.ts";
import type { Ui } from "./ui.ts";

/** A build before it has a journal: what checking the credentials needs. */
export interface Session {
  readonly runId: string;
  /** One for all builds of a command, as Packer has it. */
  readonly runUuid: string;
  readonly config: BuildConfig;
  /** What late options are rendered with, besides their own data. */
  readonly renderContext: RenderContext;
  readonly api: Api;
  readonly waiters: Waiters;
  /** Where the account lives, from whichever source named it. */
  readonly region: string;
  readonly ui: Ui;
  readonly emit: EventSink;
  readonly log: DebugLog;
  readonly clock: Clock;
  /** The user's wish to stop. Between two calls, never during one that changes something. */
  readonly signal: AbortSignal;
  /** The user's second wish to stop: releases get less time. */
  readonly hurry: AbortSignal;
  /** Programs on the host, outside the sandbox. */
  readonly host: CommandRunner;
  readonly hook: Hook;
  /** Changes as the build goes on; see `step()`. */
  readonly progress: BuildProgress;
}

export interface BuildProgress {
  step: StepName | undefined;
  /** Set by the answer `abort` to an error: what is linked stays linked. */
  keepOnFailure: boolean;
  /** The user has been told what stays and how to go on with it. */
  hasSaidHowToGoOn: boolean;
  /** The account may not set tags: said once. */
  mayNotTag: boolean;
  /** What carries the run's tag, or may. */
  readonly tagged: Set<string>;
}

/** Everything that the steps of one build share: its configuration, the cloud, the machine, and how it speaks. */
export class Build {
  readonly runId: string;
  readonly runUuid: string;
  readonly config: BuildConfig;
  readonly renderContext: RenderContext;
  readonly api: Api;
  readonly waiters: Waiters;
  readonly region: string;
  readonly ui: Ui;
  readonly emit: EventSink;
  readonly log: DebugLog;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly hurry: AbortSignal;
  readonly host: CommandRunner;
  readonly hook: Hook;
  readonly progress: BuildProgress;
  readonly accountId: string;
  readonly journal: Journal;
  readonly #scopes: Scope[] = [];

  constructor(session: Session, { accountId, journal }: { readonly accountId: string; readonly journal: Journal }) {
    this.runId = session.runId;
    this.runUuid = session.runUuid;
    this.config = session.config;
    this.renderContext = session.renderContext;
    this.api = session.api;
    this.waiters = session.waiters;
    this.region = session.region;
    this.ui = session.ui;
    this.emit = session.emit;
    this.log = session.log;
    this.clock = session.clock;
    this.signal = session.signal;
    this.hurry = session.hurry;
    this.host = session.host;
    this.hook = session.hook;
    this.progress = session.progress;
    this.accountId = accountId;
    this.journal = journal;
  }

  /** A new part of the build, inside those that are open. It is released with `await using`. */
  scope(name: string, options: { readonly onFailure: "throw" | "warn" }): Scope {
    const scope = new Scope(name, this.#share(), options);
    this.#scopes.push(scope);
    return scope;
  }

  /** This moment: what is acquired from now on can be taken back to it, when a step is tried again. */
  mark(): readonly { readonly scope: Scope; readonly size: number }[] {
    return this.#scopes.map((scope) => ({ scope, size: scope.size }));
  }

  /** Whether the volume outlives this failure: the user said so in advance, or when asked. Never after a cancel. */
  keepsVolumeAfter(error: unknown): boolean {
    if (error instanceof CancelledError || this.signal.aborted) return false;
    const { packerOnError } = this.config;
    return packerOnError === "abort" || packerOnError === "run-cleanup-provisioner" || this.progress.keepOnFailure;
  }

  /** Warns the person and the programs that listen. */
  warn(message: string): void {
    this.ui.warn(message);
    this.emit({ type: "warning", message });
  }

  #share(): ScopeShare {
    const { runId, api, waiters, accountId, region, host, ui, log, clock } = this;
    const context = {
      runId,
      api,
      waiters,
      accountId,
      region,
      deviceFolder: this.config.deviceFolder,
      host,
      ui,
      log,
      clock,
    };
    return { journal: this.journal, emit: this.emit, signal: this.signal, hurry: this.hurry, context };
  }
}
