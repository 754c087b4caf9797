import type { BuildConfig } from "../config/build-config.ts";
import type { RenderContext } from "../go-template/context.ts";
import type { Access } from "../outscale/access.ts";
import type { CurrentStep } from "./current-step.ts";
import type { Hook } from "./hook.ts";
import type { ImageInspector } from "./image-inspector.ts";
import type { RunRecord } from "./journal/read-journal.ts";
import type { KeptVolume } from "./kept-volume.ts";
import type { ProductInputs } from "./product-inputs.ts";
import type { RunContext } from "./run-context.ts";
import type { StepCounter } from "./step-counter.ts";

/** A build before it has a journal: what checking the credentials needs. */
export interface Session extends Omit<RunContext, "accountId" | "journal" | "deviceFolder" | "waiters"> {
  /** One for all builds of a command, as Packer has it. */
  readonly runUuid: string;
  readonly config: BuildConfig;
  /** What late options are rendered with, besides their own data. */
  readonly renderContext: RenderContext;
  /** What may stand in no name, description or tag, which others can read, and not in the journal: the secret key. */
  readonly credentials: readonly string[];
  /** The keys with which this build speaks to the API: they may be in no image. */
  readonly accessKeys: readonly string[];
  /** Where the account lives, from whichever source named it. */
  readonly region: string;
  /** The way into the regions that are to have a copy. */
  readonly targets: readonly Access[];
  /** The state folder of the cloud that runs in this program, and ends with it. */
  readonly localCloud: string | undefined;
  readonly hook: Hook;
  /** What goes into the image besides its source; undefined when nobody has said. */
  readonly inputs?: ProductInputs | undefined;
  /** Who wants to know what is in the image. */
  readonly inspector?: ImageInspector | undefined;
  /** @throws {ChrootError} when the build may not publish its OMI any more */
  readonly mayPublish?: (() => Promise<void>) | undefined;
  readonly currentStep: CurrentStep;
  readonly stepCounter: StepCounter;
  readonly keptVolume: KeptVolume;
  /** The dead run that this build goes on with, as its journal was. */
  readonly resumed?: RunRecord | undefined;
}
