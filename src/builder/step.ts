import { CancelledError, ChrootError, messageOf, throwIfCancelled } from "../common/errors.ts";
import type { Build } from "./build.ts";
import type { StepName } from "./events.ts";
import type { Session } from "./session.ts";

/** A step of the recipe as others call it: the build first, then what it needs. */
export type Step<Host extends Session | Build, Args extends readonly unknown[], Result> = ((
  build: Host,
  ...args: Args
) => Promise<Result>) & { readonly stepName: StepName };

/**
 * Makes a step of a function: it is announced and timed, its failure carries its name, a debugged build pauses after
 * it, and a person who is asked can have it tried again. The safe point at which a cancelled build stops is before it.
 */
export function step<Host extends Session | Build, Args extends readonly unknown[], Result>(
  stepName: StepName,
  run: (build: Host, ...args: Args) => Promise<Result>,
): Step<Host, Args, Result> {
  const wrapped = async (build: Host, ...args: Args): Promise<Result> => {
    for (;;) {
      throwIfCancelled(build.signal);
      const mark = "mark" in build ? build.mark() : [];
      try {
        const result = await timed(build, stepName, () => run(build, ...args));
        await pauseAfter(build, stepName);
        return result;
      } catch (error) {
        if (error instanceof ChrootError) error.step ??= stepName;
        if (!(await isTriedAgain(build, stepName, error))) throw error;
        for (const { scope, size } of [...mark].reverse()) await scope.releaseBackTo(size);
      }
    }
  };
  return Object.assign(wrapped, { stepName });
}

async function timed<Result>(build: Session | Build, step: StepName, run: () => Promise<Result>): Promise<Result> {
  const startedAt = build.clock.now();
  const leave = build.currentStep.enter(step);
  build.emit({ type: "step-started", step, ...build.stepCounter.enter(step), at: startedAt });
  const end = (outcome: "done" | "failed" | "cancelled") => {
    const at = build.clock.now();
    leave();
    build.emit({ type: "step-ended", step, at, elapsedMs: at - startedAt, outcome });
  };
  try {
    const result = await run();
    end("done");
    return result;
  } catch (error) {
    end(error instanceof CancelledError ? "cancelled" : "failed");
    throw error;
  }
}

/** `debug`: the person looks around (`outscale-chroot shell RUN`) and says when to go on. */
async function pauseAfter(build: Session | Build, step: StepName): Promise<void> {
  if (!build.config.packerDebug) return;
  await build.ui.ask(
    `Pausing after ${step}. Look inside with: outscale-chroot shell ${build.runId}\nPress Enter to continue.`,
    build.signal,
  );
}

/** `on_error = "ask"`: while the question stands, everything is as the failure left it. */
async function isTriedAgain(build: Session | Build, step: StepName, error: unknown): Promise<boolean> {
  if (build.config.packerOnError !== "ask" || error instanceof CancelledError || build.signal.aborted) return false;
  build.ui.error(`${step} failed: ${messageOf(error)}`);
  const failedAt = step === "StepChrootProvision" ? build.hook.failedAt?.() : undefined;
  for (;;) {
    const retry =
      failedAt === undefined
        ? `or [r] retry ${step}`
        : `[r] retry from ${failedAt}, or [s] start over with the first provisioner`;
    const question = `[c] Clean up and exit, [a] abort and keep the volume, ${retry}? (look inside with: outscale-chroot shell ${build.runId})`;
    // When nobody can answer, or the answer is an interrupt, the failure stays what it was.
    const answer = (await build.ui.ask(question, build.signal).catch(() => "c")).trim().toLowerCase();
    if (answer === "c") return false;
    if (answer === "r") return true;
    if (answer === "s" && failedAt !== undefined) {
      build.hook.startOver?.();
      return true;
    }
    if (answer !== "a") continue;
    build.keptVolume.want();
    return false;
  }
}
