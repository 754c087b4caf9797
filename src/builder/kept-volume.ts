import { CancelledError } from "../common/errors.ts";
import type { BuildConfig } from "../config/build-config.ts";
import type { Ui } from "./ui.ts";

/** Whether the volume of a failed build stays linked, for its owner to look at: by `on_error`, or as the answer to `ask`. */
export class KeptVolume {
  readonly #onError: BuildConfig["packerOnError"];
  #isWanted = false;
  #isTold = false;

  constructor(onError: BuildConfig["packerOnError"]) {
    this.#onError = onError;
  }

  /** The person who was asked wants it. */
  want(): void {
    this.#isWanted = true;
  }

  /** Never after a cancel: who stops a build wants nothing of it. */
  staysAfter(error: unknown, signal: AbortSignal): boolean {
    if (error instanceof CancelledError || signal.aborted) return false;
    return this.#onError === "abort" || this.#onError === "run-cleanup-provisioner" || this.#isWanted;
  }

  /** Says that it stays, and how to go on with it. */
  tell(ui: Ui, { runId, volumeId }: { readonly runId: string; readonly volumeId: string }): void {
    this.#isTold = true;
    ui.error(`The volume ${volumeId} stays as it is, as the build was to be aborted`);
    ui.error(`To look inside: outscale-chroot shell ${runId}`);
    ui.error(`To remove it:   outscale-chroot cleanup ${runId}`);
  }

  /** The user knows what is left behind, and why. */
  get isTold(): boolean {
    return this.#isTold;
  }
}
