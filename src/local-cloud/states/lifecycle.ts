import { setMaxListeners } from "node:events";
import { CancelledError, messageOf } from "../../common/errors.ts";
import type { Cloud } from "../cloud.ts";
import { type NextState, StuckError, stateMachines } from "./state-machines.ts";
import { isTransition, type Machine, machines, type TransitionName, transitions } from "./transitions.ts";

/** How often it is tried to write what could not be written. */
const RETRY_MS = 1_000;

/**
 * Moves objects out of the states that do not last: waits as long as the profile says, does the work on the disks, and
 * stores the next state. One job per machine and object at a time; after a restart every open job begins again, and
 * the work is such that it can.
 */
export class Lifecycle {
  readonly #cloud: () => Cloud;
  readonly #jobs = new Map<string, Promise<void>>();
  readonly #stop = new AbortController();

  constructor(cloud: () => Cloud) {
    this.#cloud = cloud;
    // Every job on its way listens; there is no number of them that would be a mistake.
    setMaxListeners(0, this.#stop.signal);
  }

  /** Fires when the cloud closes. */
  get closing(): AbortSignal {
    return this.#stop.signal;
  }

  /** Begins the job of an object that was put into a state that does not last; otherwise nothing happens. */
  start(machine: Machine, id: string): void {
    const key = `${machine}:${id}`;
    const before = this.#jobs.get(key) ?? Promise.resolve();
    const job = before.then(() => this.#run(machine, id)).catch((error) => this.#report(key, error));
    this.#jobs.set(key, job);
    void job.then(() => {
      if (this.#jobs.get(key) === job) this.#jobs.delete(key);
    });
  }

  /** Begins the jobs of everything that a former process left in a state that does not last. */
  resume(): void {
    for (const machine of machines) {
      for (const id of stateMachines[machine].ids(this.#cloud())) this.start(machine, id);
    }
  }

  /** Resolves when an object has come to a state that lasts (or is gone, or is stuck). */
  async settled(machine: Machine, id: string): Promise<void> {
    await this.#jobs.get(`${machine}:${id}`);
  }

  /**
   * Resolves when every change made so far is on the disk, also where that has no room for a while: what was told not to be
   * written may never be, and then nothing may be gone that it has taken away.
   * @throws when the cloud closes
   */
  async stored(): Promise<void> {
    const { store, settings } = this.#cloud();
    while (true) {
      try {
        return await store.settled();
      } catch {
        await settings.clock.sleep(RETRY_MS, this.#stop.signal);
      }
    }
  }

  /** Resolves when nothing is on its way any more. */
  async idle(): Promise<void> {
    while (this.#jobs.size > 0) await Promise.all(this.#jobs.values());
  }

  /** Stops every job at its next safe point; the states stay as they are, for `resume` of the next start. */
  async close(): Promise<void> {
    this.#stop.abort(new CancelledError("The local cloud is closing"));
    await Promise.all(this.#jobs.values());
  }

  #report(what: string, error: unknown): void {
    this.#cloud().settings.log.write({ kind: "note", message: `local cloud: ${what}: ${messageOf(error)}` });
  }

  async #run(machine: Machine, id: string): Promise<void> {
    for (let name = this.#transitionOf(machine, id); name !== undefined; name = this.#transitionOf(machine, id)) {
      if (!(await this.#step(machine, id, name))) return;
    }
  }

  /** One transition. False: the object stays where it is, stuck, or because the cloud is closing. */
  async #step(machine: Machine, id: string, name: TransitionName): Promise<boolean> {
    const { settings, faults } = this.#cloud();
    const fault = faults.takeTransition(name);
    if (fault === "stuck") return false;
    try {
      // Also with no latency the answer to the request goes out first: a state that was told can be seen.
      await this.stored();
      await settings.clock.sleep(settings.latency[name] ?? 0, this.#stop.signal);
      if (fault === "fail") throw new Error(`The state ${name} was made to fail`);
      await stateMachines[machine].work[name]?.(this.#cloud(), id);
    } catch (error) {
      if (this.#stop.signal.aborted || error instanceof StuckError) return false;
      this.#report(`${name} of ${id}`, error);
      await this.#undo(machine, id, name);
      this.#move(machine, id, name, { state: transitions[name].failed, reason: messageOf(error) });
      return true;
    }
    if (this.#stop.signal.aborted) return false;
    this.#move(machine, id, name, { state: transitions[name].next });
    return true;
  }

  /** What cannot be taken back is told, and does not keep the object from the state that it fails into. */
  async #undo(machine: Machine, id: string, name: TransitionName): Promise<void> {
    try {
      await stateMachines[machine].undo?.[name]?.(this.#cloud(), id);
    } catch (error) {
      this.#report(`taking back ${name} of ${id}`, error);
    }
  }

  /** Stores the next state, unless a request has changed the state meanwhile. */
  #move(machine: Machine, id: string, from: TransitionName, to: NextState): void {
    if (this.#transitionOf(machine, id) === from) stateMachines[machine].move(this.#cloud(), id, to);
  }

  #transitionOf(machine: Machine, id: string): TransitionName | undefined {
    const name = `${machine}.${stateMachines[machine].stateOf(this.#cloud(), id)}`;
    return isTransition(name) ? name : undefined;
  }
}
