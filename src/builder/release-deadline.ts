import { CancelledError } from "../common/errors.ts";

/** How long one release may take: an unlink and a deletion, with the waits for both. */
const RELEASE_DEADLINE_MS = 15 * 60_000;
/** The same once the user has asked a second time. */
const HURRIED_DEADLINE_MS = 60_000;

/** A signal that fires when a release has had its time, which the user's second interrupt shortens. */
export function releaseDeadline(hurry: AbortSignal): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const fire = () => controller.abort(new CancelledError("The clean-up took too long"));
  let timer = setTimeout(fire, hurry.aborted ? HURRIED_DEADLINE_MS : RELEASE_DEADLINE_MS);
  const shorten = () => {
    clearTimeout(timer);
    timer = setTimeout(fire, HURRIED_DEADLINE_MS);
  };
  hurry.addEventListener("abort", shorten, { once: true });
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      hurry.removeEventListener("abort", shorten);
    },
  };
}
