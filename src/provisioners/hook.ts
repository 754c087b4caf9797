import type { EventSink } from "../builder/events.ts";
import type { Hook, ProvisionInput } from "../builder/hook.ts";
import { resumePoint } from "../builder/resume-point.ts";
import { outcomeOf } from "../builder/unwrap-failure.ts";
import { type Clock, systemClock } from "../common/clock.ts";
import {
  CancelledError,
  ChrootError,
  messageOf,
  ProvisionError,
  TimeoutError,
  throwIfCancelled,
} from "../common/errors.ts";
import type { ProvisionerDefinition } from "../definition/build-definition.ts";
import { renderOnce } from "../go-template/render.ts";
import { describePlace } from "./describe-place.ts";
import { failureAdvice } from "./failure-advice.ts";
import { lateContextOf } from "./late-values.ts";
import type { BuildIdentity, Render } from "./provisioner.ts";
import { findProvisionerType } from "./registry.ts";
import { runWithLimits } from "./run-with-limits.ts";
import { workDigest } from "./work-digest.ts";

export interface TemplateHookOptions extends BuildIdentity {
  readonly provisioners: readonly ProvisionerDefinition[];
  readonly errorCleanupProvisioner: ProvisionerDefinition | undefined;
  /** `-debug`: waits for the return key before each provisioner. */
  readonly debug?: boolean;
  readonly clock?: Clock;
  /** Told when each provisioner begins and ends. */
  readonly onEvent?: EventSink;
}

/**
 * Runs a template's provisioners in their order, each with its `pause_before`, `timeout` and `max_retries`. When one has
 * failed and the step is tried again, those that have succeeded are not run a second time.
 */
export function templateHook(options: TemplateHookOptions): Hook {
  const { provisioners, errorCleanupProvisioner: cleanup } = options;
  let done: number | undefined;
  return {
    async provision(input) {
      done ??= await startOf(options, input);
      for (; done < provisioners.length; done++) {
        const definition = provisioners[done] as ProvisionerDefinition;
        throwIfCancelled(input.signal);
        if (options.debug)
          await input.ui.ask("Pausing before the next provisioner. Press enter to continue.", input.signal);
        const work = { name: describePlace("provisioner", definition), number: done + 1, count: provisioners.length };
        const digest = workDigest(definition, options); // beside it: what it reads may be large
        await timed(definition, done + 1, options, () => runProvisioner(definition, options, input));
        input.workLog.note({ ...work, digest: await digest });
      }
    },
    failedAt() {
      const failed = provisioners[done ?? 0];
      return done === undefined || done === 0 || failed === undefined
        ? undefined
        : describePlace("provisioner", failed);
    },
    startOver() {
      done = 0;
    },
    ...(cleanup && {
      async cleanupProvision(input) {
        input.ui.say("Provisioning failed: running the error-cleanup provisioner...");
        await runProvisioner(cleanup, options, input);
      },
    }),
  };
}

/** The first to run: in a run that goes on, the one after those that have run. */
async function startOf(
  { provisioners, ...identity }: TemplateHookOptions,
  { workLog, ui }: ProvisionInput,
): Promise<number> {
  if (workLog.done.length === 0) return 0;
  const now = [];
  for (const definition of provisioners) {
    now.push({ name: describePlace("provisioner", definition), digest: await workDigest(definition, identity) });
  }
  const { start, notices } = resumePoint(workLog.done, now);
  for (const notice of notices) ui.warn(`The ${notice}`);
  const next = now[start];
  ui.say(next === undefined ? "Every provisioner has run already" : `Continuing with the ${next.name}`);
  return start;
}

/** Tells when a provisioner begins and ends, whatever becomes of it. */
async function timed(
  { type, location, timeoutMs }: ProvisionerDefinition,
  number: number,
  { provisioners, clock = systemClock, onEvent }: TemplateHookOptions,
  run: () => Promise<void>,
): Promise<void> {
  const provisioner = `${type} (${location.file}:${location.line})`;
  const startedAt = clock.now();
  const deadline = timeoutMs > 0 ? { timeoutMs } : {};
  onEvent?.({
    type: "provisioner-started",
    provisioner,
    number,
    count: provisioners.length,
    at: startedAt,
    ...deadline,
  });
  const end = (outcome: "done" | "failed" | "cancelled") => {
    const at = clock.now();
    onEvent?.({ type: "provisioner-ended", provisioner, at, elapsedMs: at - startedAt, outcome });
  };
  try {
    await run();
    end("done");
  } catch (error) {
    end(outcomeOf(error));
    throw error;
  }
}

/** With `continue_on_error`, a failure is a warning. Who stops the build stops it, and a bug stays one. */
async function runProvisioner(
  definition: ProvisionerDefinition,
  options: TemplateHookOptions,
  input: ProvisionInput,
): Promise<void> {
  try {
    await runOrThrow(definition, options, input);
  } catch (error) {
    const isFailure = error instanceof ChrootError && !(error instanceof CancelledError || input.signal.aborted);
    if (!definition.continueOnError || !isFailure) throw error;
    input.ui.warn(`${messageOf(error)}; the build goes on, as continue_on_error is set`);
  }
}

async function runOrThrow(
  definition: ProvisionerDefinition,
  options: TemplateHookOptions,
  input: ProvisionInput,
): Promise<void> {
  const clock = options.clock ?? systemClock;
  const context = lateContextOf(options, input.data);
  const renderLate: Render = (text, late) => renderOnce(text, { ...context, data: { ...input.data, ...late } });
  try {
    await runWithLimits(definition, { ...input, clock }, async (signal) => {
      const prepared = findProvisionerType(definition.type).prepare(definition.evaluate(input.data), context);
      await prepared.run({ ...input, signal, clock, build: options, render: renderLate });
    });
  } catch (error) {
    throwIfCancelled(input.signal);
    throw await nameProvisioner(error, describePlace("provisioner", definition), input.rootPath);
  }
}

/** Puts the provisioner before what failed. A bug, and what has a place of its own, stay as they are. */
async function nameProvisioner(error: unknown, place: string, rootPath: string): Promise<unknown> {
  if (!(error instanceof ChrootError) || error.code === "E_TEMPLATE") return error;
  const hint = await failureAdvice(error, rootPath);
  if (error instanceof TimeoutError)
    return new TimeoutError(`${error.message}: ${place}`, { cause: error.cause, hint });
  return new ProvisionError(`The ${place} failed`, { cause: error, hint });
}
