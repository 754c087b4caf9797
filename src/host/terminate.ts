import { type Clock, systemClock } from "../common/clock.ts";
import type { RunningProcess } from "./run-command.ts";

/** How long a process may take to end after SIGTERM. */
const GRACE_MS = 5_000;

type Child = Pick<RunningProcess, "kill" | "exited">;

/**
 * Ends a process as soon as the signal fires, with everything it has started: SIGTERM, then SIGKILL for what is there
 * 5 s later.
 * @returns forgets the signal
 */
export function terminateOnAbort(
  child: Child,
  signal: AbortSignal | undefined,
  clock: Clock = systemClock,
): () => void {
  const onAbort = () => void terminate(child, clock);
  if (signal?.aborted) onAbort();
  else signal?.addEventListener("abort", onAbort, { once: true });
  return () => signal?.removeEventListener("abort", onAbort);
}

async function terminate(child: Child, clock: Clock): Promise<void> {
  const ended = new AbortController();
  void child.exited.then(() => ended.abort());
  child.kill("SIGTERM");
  await clock.sleep(GRACE_MS, ended.signal).then(
    () => child.kill("SIGKILL"),
    () => undefined,
  );
}
