import type { Ui } from "../builder/ui.ts";
import type { Clock } from "../common/clock.ts";
import { formatDuration } from "../common/duration.ts";
import { CancelledError, messageOf, TimeoutError, throwIfCancelled } from "../common/errors.ts";
import type { ProvisionerDefinition } from "../definition/build-definition.ts";

export interface LimitsInput {
  readonly ui: Ui;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

type Limits = Pick<ProvisionerDefinition, "pauseBeforeMs" | "timeoutMs" | "maxRetries">;

/**
 * Runs a provisioner with what Packer's core puts around it: `max_retries` around `timeout` around `pause_before`, so that
 * each try has its own pause and the pause counts against the timeout.
 *
 * @throws {TimeoutError} when the last try was too slow
 */
export async function runWithLimits(
  limits: Limits,
  input: LimitsInput,
  run: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  for (let triesLeft = limits.maxRetries; ; triesLeft--) {
    try {
      return await runOnce(limits, input, run);
    } catch (error) {
      if (error instanceof CancelledError || input.signal.aborted) throw error;
      if (triesLeft <= 0) {
        if (limits.maxRetries > 0) input.ui.say("retry limit reached.");
        throw error;
      }
      input.ui.say(
        `Provisioner failed with ${JSON.stringify(messageOf(error))}, retrying with ${triesLeft} trie(s) left`,
      );
    }
  }
}

async function runOnce(limits: Limits, input: LimitsInput, run: (signal: AbortSignal) => Promise<void>): Promise<void> {
  throwIfCancelled(input.signal);
  const paused = async (signal: AbortSignal) => {
    if (limits.pauseBeforeMs > 0) {
      input.ui.say(`Pausing ${formatDuration(limits.pauseBeforeMs)} before the next provisioner...`);
      await input.clock.sleep(limits.pauseBeforeMs, signal);
    }
    await run(signal);
  };
  if (limits.timeoutMs <= 0) return paused(input.signal);
  input.ui.say(`Setting a ${formatDuration(limits.timeoutMs)} timeout for the next provisioner...`);
  await withTimeout(limits.timeoutMs, input, paused);
}

async function withTimeout(
  timeoutMs: number,
  { ui, clock, signal }: LimitsInput,
  run: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const late = new AbortController();
  const done = new AbortController();
  const onTime = () => {
    ui.error("Cancelling provisioner after a timeout...");
    const hint = "Its option timeout says how long it may take, pauses included";
    late.abort(new TimeoutError(`The provisioner did not end within ${formatDuration(timeoutMs)}`, { hint }));
  };
  const timer = clock.sleep(timeoutMs, done.signal).then(onTime, () => undefined);
  try {
    await run(AbortSignal.any([signal, late.signal]));
  } catch (error) {
    // Whatever the interrupted command said of its end: the reason is the timeout.
    throwIfCancelled(signal);
    throwIfCancelled(late.signal);
    throw error;
  } finally {
    done.abort();
    await timer;
  }
}
