import type { Clock } from "../common/clock.ts";
import type { DebugLog } from "../common/log.ts";
import type { BuildConfig } from "../config/build-config.ts";
import type { RenderContext } from "../go-template/context.ts";
import type { CommandRunner } from "../host/run-command.ts";
import type { Api } from "../outscale/api.ts";
import type { CurrentStep } from "./current-step.ts";
import type { EventSink } from "./events.ts";
import type { Hook } from "./hook.ts";
import type { ImageInspector } from "./image-inspector.ts";
import type { KeptVolume } from "./kept-volume.ts";
import type { StepCounter } from "./step-counter.ts";
import type { Ui } from "./ui.ts";

/** A build before it has a journal: what checking the credentials needs. */
export interface Session {
  readonly runId: string;
  /** One for all builds of a command, as Packer has it. */
  readonly runUuid: string;
  readonly config: BuildConfig;
  /** What late options are rendered with, besides their own data. */
  readonly renderContext: RenderContext;
  /** What may stand in no name, description or tag, which others can read, and not in the journal: the secret key. */
  readonly credentials: readonly string[];
  readonly api: Api;
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
  /** Who wants to know what is in the image. */
  readonly inspector?: ImageInspector | undefined;
  readonly currentStep: CurrentStep;
  readonly stepCounter: StepCounter;
  readonly keptVolume: KeptVolume;
}
