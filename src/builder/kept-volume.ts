import { CancelledError } from "../common/errors.ts";
import type { BuildConfig } from "../config/build-config.ts";
import type { Scope } from "./scope.ts";
import type { Ui } from "./ui.ts";

export interface KeptVolumeOptions {
  readonly onError: BuildConfig["packerOnError"];
  /** The volume was kept before: a person who stops the build has not said that it may go. */
  readonly isResumed?: boolean;
  /** Whether somebody knows the provisioners, so that the run can be gone on with. */
  readonly canResume?: boolean;
}

/** Whether the volume of a failed build stays, for its owner to look at: by `on_error`, or as the answer to `ask`. */
export class KeptVolume {
  readonly #options: KeptVolumeOptions;
  #isWanted = false;
  #isLinked = false;
  #isTold = false;

  constructor(options: KeptVolumeOptions) {
    this.#options = options;
  }

  /** The person who was asked wants it. */
  want(): void {
    this.#isWanted = true;
  }

  /** Whether it could still stay, so that nothing may be done to it before the OMI is there. */
  get mayStay(): boolean {
    return this.#options.onError !== "cleanup";
  }

  /** Not after a cancel: who stops a build wants nothing of it, unless it is there from before. */
  staysAfter(error: unknown, signal: AbortSignal): boolean {
    const { onError, isResumed = false } = this.#options;
    if (error instanceof CancelledError || signal.aborted) return isResumed && this.mayStay;
    return onError === "abort" || onError === "run-cleanup-provisioner" || this.#isWanted;
  }

  /** Lets go of its link, too, so that `shell` finds it as it was. */
  leaveLink(linked: Pick<Scope, "leave">): void {
    this.#isLinked = linked.leave("link");
  }

  /** Lets go of it, and says that it stays and how to go on. Does nothing when the scope has it no more. */
  leave(
    temporary: Pick<Scope, "leave">,
    ui: Ui,
    { runId, volumeId }: { readonly runId: string; readonly volumeId: string },
  ): void {
    if (!temporary.leave("volume")) return;
    this.#isTold = true;
    ui.error(`The volume ${volumeId} is kept, as the build was aborted`);
    if (this.#options.canResume) ui.error(`To continue:    outscale-chroot resume ${runId}`);
    if (this.#isLinked) ui.error(`To look inside: outscale-chroot shell ${runId}`);
    ui.error(`To remove it:   outscale-chroot cleanup ${runId}`);
  }

  /** The user knows what is left behind, and why. */
  get isTold(): boolean {
    return this.#isTold;
  }
}
