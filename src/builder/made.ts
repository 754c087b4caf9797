import { UNSEEN_MS } from "../outscale/unseen.ts";
import type { ReleaseContext } from "./resource-kind.ts";

const POLL_MS = 1_000;

export interface Made {
  /** As a person knows it: `the volume vol-1a2b3c4d`. */
  readonly what: string;
  /** It was made no later than that, by the clock of the context. */
  readonly madeAt: number;
  /** It was there before: an answer without it says that it is gone. */
  readonly wasSeen?: boolean;
}

/**
 * Reads what a run has made, or may have made. Absence is no proof for a while: what is missing from an answer is looked
 * for until it was seen, or could no longer stay unseen.
 * @returns undefined when it is gone, or was never made
 * @throws {CancelledError} when the signal fires before that is known
 */
export async function readMade<Found>(
  { clock, ui, signal }: Pick<ReleaseContext, "clock" | "ui" | "signal">,
  { what, madeAt, wasSeen = false }: Made,
  read: () => Promise<Found | undefined>,
): Promise<Found | undefined> {
  const until = madeAt + UNSEEN_MS;
  for (let isTold = false; ; isTold = true) {
    const found = await read();
    const leftMs = until - clock.now();
    if (found !== undefined || wasSeen || leftMs <= 0) return found;
    if (!isTold) {
      const time = new Date(until).toISOString().slice(11, 19);
      ui.message(`The service does not show ${what}, but may still do so: looking for it until ${time} UTC...`);
    }
    await clock.sleep(Math.min(POLL_MS, leftMs), signal);
  }
}
