import { CancelledError } from "../common/errors.ts";

/** How long one release may take: an unlink and a deletion, with the waits for both. */
const RELEASE_DEADLINE_MS = 15 * 60_000;
/** The same once the user has asked a second time. */
const HURRIED_DEADLINE_MS = 60_000;

/** A signal that ends something which the user's first wish to stop does not end. */
type Deadline = Disposable & { readonly signal: AbortSignal };

/** A signal that fires when a release has had its time, which the user's second interrupt shortens. */
export function releaseDeadline(hurry: AbortSignal): Deadline {
  return deadlineOf(hurry, RELEASE_DEADLINE_MS);
}

/** The same for what has a deadline of its own: it fires only when the user has asked a second time. */
export function hurriedDeadline(hurry: AbortSignal): Deadline {
  return deadlineOf(hurry, undefined);
}

function deadlineOf(hurry: AbortSignal, unhurriedMs: number | undefined): Deadline {
  const controller = new AbortController();
  const fire = () => controller.abort(new CancelledError("The clean-up took too long"));
  const firstMs = hurry.aborted ? HURRIED_DEADLINE_MS : unhurriedMs;
  let timer = firstMs === undefined ? undefined : setTimeout(fire, firstMs);
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
