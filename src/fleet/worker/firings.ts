import { join } from "node:path";
import { type Job, UnrecoverableError } from "bullmq";
import type { Ui } from "../../builder/ui.ts";
import { messageOf } from "../../common/errors.ts";
import type { FleetQueue } from "../queue/fleet-queue.ts";
import type { Patience } from "../queue/patience.ts";
import { isPassingRefusal } from "../queue/refusal-error.ts";
import { SCHEDULE_JOB } from "../schedule/change-schedules.ts";
import { KnownSchedules } from "../seal/known-schedules.ts";
import { Claim } from "./claim.ts";
import type { Controls } from "./controls.ts";
import { fireSchedule } from "./fire-schedule.ts";
import { giveBack, leaveJob, REFUSED_PAUSE_MS } from "./give-back.ts";
import type { Identity } from "./identity.ts";

interface FiringsInput {
  readonly queue: FleetQueue;
  readonly controls: Controls;
  readonly identity: Identity;
  readonly patience: Pick<Patience, "ask">;
  readonly ui: Ui;
}

type SomeJob = Pick<Job, "id" | "name" | "repeatJobKey">;

/** What a worker does when the engine says that a schedule is due. */
export class Firings {
  readonly #input: FiringsInput;
  readonly #known: KnownSchedules;

  constructor(input: FiringsInput) {
    this.#input = input;
    this.#known = new KnownSchedules(join(input.identity.folder, "schedules"));
  }

  /** Whether a job of the engine is no build, but says that a schedule is due. */
  static isOne({ name, repeatJobKey }: SomeJob): boolean {
    return name === SCHEDULE_JOB && repeatJobKey !== undefined;
  }

  /**
   * @param token By which the engine knows us
   * @throws {UnrecoverableError} when the schedule is not due, or is no schedule of ours
   */
  async fire(job: Job, token: string): Promise<string> {
    try {
      return await this.#hold(job, token);
    } catch (error) {
      if (!isPassingRefusal(error)) throw error;
      this.#input.ui.warn(`The schedule ${job.repeatJobKey} is obeyed later: ${messageOf(error)}`);
      return giveBack(job, token, REFUSED_PAUSE_MS);
    }
  }

  async #hold({ id = "", repeatJobKey: name = "" }: SomeJob, token: string): Promise<string> {
    const { queue, identity } = this.#input;
    const claim = await Claim.take(queue, id, { worker: identity.id, vmId: null, token });
    if (claim === undefined) return leaveJob();
    try {
      return await this.#obey(name);
    } finally {
      await this.#input.patience.ask(() => claim.release());
    }
  }

  async #obey(name: string): Promise<string> {
    const { queue, controls, ui } = this.#input;
    try {
      const say = (message: string) => ui.say(message);
      const run = await fireSchedule(name, { queue, controls, known: this.#known, now: Date.now(), say });
      say(
        `The schedule ${name} was due at ${new Date(run.due).toISOString()}: ${run.builds.map(({ id }) => id).join(", ")}`,
      );
      return "submitted";
    } catch (error) {
      if (isPassingRefusal(error)) throw error;
      ui.error(messageOf(error));
      throw new UnrecoverableError(`refused: ${messageOf(error)}`);
    }
  }

  /** A schedule was removed or replaced. */
  async forget(name: string, generation: number): Promise<void> {
    await this.#known.forget(name, generation).catch((error: unknown) => this.#input.ui.error(messageOf(error)));
  }
}
