import type { Clock } from "../common/clock.ts";
import { type DebugLog, noLog } from "../common/log.ts";
import type { Image, Snapshot, Volume } from "./oapi.ts";
import type { Pauses } from "./pace.ts";
import { type Pollers, pollersOf, type ReadApi } from "./pollers.ts";
import {
  exportCompleted,
  type Goal,
  type ImageGoal,
  imageGoals,
  type LinkGoal,
  linkGoals,
  type SnapshotGoal,
  snapshotGoals,
  type VolumeGoal,
  volumeGoals,
} from "./resource-states.ts";
import type { SharedPoller } from "./shared-poller.ts";
import { type Waitable, type WaitProgress, type WaitTools, waitFor } from "./wait-for.ts";
import { WaitHistory, waitKind } from "./wait-history.ts";

/** Deadlines per kind of wait, in milliseconds. */
export interface Timeouts {
  /** For the lock that covers choosing and linking a device. */
  readonly lock: number;
  readonly volume: number;
  readonly link: number;
  readonly snapshot: number;
  readonly image: number;
  /** For an image that is copied with its data. */
  readonly copy: number;
}

export interface WaitersOptions {
  readonly api: ReadApi;
  readonly clock: Clock;
  /** The shortest and the longest pause between two reads. */
  readonly polling: Pauses;
  readonly timeouts: Timeouts;
  /** What the account's waits took before; it learns from these. */
  readonly history?: WaitHistory;
  readonly log?: DebugLog;
  /** Between 0 and 1, for the jitter between reads. */
  readonly random?: () => number;
  /** Told of every wait when it is over. */
  readonly onEnd?: (wait: EndedWait) => void;
}

/** A wait that is over. */
export interface EndedWait {
  /** `snapshot snap-1a2b3c4d` */
  readonly subject: string;
  /** What it was to do: `become "completed"`. */
  readonly goal: string;
  readonly elapsedMs: number;
  /** How long it had come to its goal at most before it was seen to; undefined where that is not known. */
  readonly lateMs: number | undefined;
  /** Undefined when it came to what it should. */
  readonly error: unknown;
}

export interface WaitOptions<Until extends string> {
  readonly until: Until;
  readonly signal?: AbortSignal | undefined;
  /** Called after every read. */
  readonly onProgress?: ((progress: WaitProgress) => void) | undefined;
  /** The deadline, where it is not the kind's own: `timeouts.copy` for an image that is a copy. */
  readonly timeoutMs?: number | undefined;
  /** The size of the volume, where the time depends on it. */
  readonly sizeGib?: number | undefined;
}

interface WaitInput<Resource, Result> {
  readonly poller: SharedPoller<Resource>;
  readonly goal: Goal<Resource, Result>;
  readonly kind: string;
  /** The kind's own deadline. */
  readonly timeout: keyof Timeouts;
  readonly options: WaitOptions<string>;
}

export function createWaiters(options: WaitersOptions): Waiters {
  return new Waiters(options);
}

/**
 * Waits for what the API does in its own time. Several waits of a process share their requests, see {@link SharedPoller}.
 *
 * A failed read does not end a wait unless it shows that no later one can succeed.
 * @throws {WaitError} when the resource ends in a state of failure, or does not exist
 * @throws {WaitTimeoutError} at the deadline
 * @throws {CancelledError} as soon as the signal fires
 * @throws {ApiAuthError} when the credentials are refused
 */
export class Waiters {
  readonly timeouts: Timeouts;
  readonly #tools: WaitTools;
  readonly #pollers: Pollers;
  readonly #history: WaitHistory;
  readonly #onEnd: (wait: EndedWait) => void;

  constructor(options: WaitersOptions) {
    const { api, clock, polling, timeouts, history = new WaitHistory(), log = noLog, random = Math.random } = options;
    this.timeouts = timeouts;
    this.#history = history;
    this.#onEnd = options.onEnd ?? (() => undefined);
    this.#tools = { clock, polling, log, random, seen: new Set() };
    this.#pollers = pollersOf(api, clock);
  }

  /** Whether any wait has seen it: then an answer without it says that it is gone. */
  hasSeen(id: string): boolean {
    return this.#tools.seen.has(id);
  }

  /** Somebody else has seen it: a run that has ended since. */
  noteSeen(id: string): void {
    this.#tools.seen.add(id);
  }

  /** A volume as it is, undefined when it is not there; asked for along with others, or at the latest `withinMs` from now. */
  lookAtVolume(id: string, withinMs: number, signal: AbortSignal): Promise<Volume | undefined> {
    return this.#pollers.volume.read(id, withinMs, signal);
  }

  volume(id: string, options: WaitOptions<"deleted">): Promise<undefined>;
  volume(id: string, options: WaitOptions<Exclude<VolumeGoal, "deleted">>): Promise<Volume>;
  volume(id: string, options: WaitOptions<VolumeGoal>): Promise<Volume | undefined> {
    const goal: Goal<Volume, Volume | undefined> = volumeGoals[options.until];
    return this.#wait(id, { kind: "volume", poller: this.#pollers.volume, goal, timeout: "volume", options });
  }

  /** Waits until the volume is in use and every link of it `attached`, or available and without a link. */
  link(volumeId: string, options: WaitOptions<LinkGoal>): Promise<Volume> {
    const goal = linkGoals[options.until];
    return this.#wait(volumeId, { kind: "volume", poller: this.#pollers.volume, goal, timeout: "link", options });
  }

  snapshot(id: string, options: WaitOptions<"deleted">): Promise<undefined>;
  snapshot(id: string, options: WaitOptions<Exclude<SnapshotGoal, "deleted">>): Promise<Snapshot>;
  snapshot(id: string, options: WaitOptions<SnapshotGoal>): Promise<Snapshot | undefined> {
    const goal: Goal<Snapshot, Snapshot | undefined> = snapshotGoals[options.until];
    return this.#wait(id, { kind: "snapshot", poller: this.#pollers.snapshot, goal, timeout: "snapshot", options });
  }

  image(id: string, options: WaitOptions<"deleted">): Promise<undefined>;
  image(id: string, options: WaitOptions<Exclude<ImageGoal, "deleted">>): Promise<Image>;
  image(id: string, options: WaitOptions<ImageGoal>): Promise<Image | undefined> {
    const goal: Goal<Image, Image | undefined> = imageGoals[options.until];
    return this.#wait(id, { kind: "image", poller: this.#pollers.image, goal, timeout: "image", options });
  }

  /** The export of an image, by the id of its task. */
  imageExport(id: string, options: WaitOptions<"completed">): Promise<unknown> {
    return this.#export(id, { kind: "image export", poller: this.#pollers.imageExport, options });
  }

  snapshotExport(id: string, options: WaitOptions<"completed">): Promise<unknown> {
    return this.#export(id, { kind: "snapshot export", poller: this.#pollers.snapshotExport, options });
  }

  #export<Task extends Waitable>(
    id: string,
    input: Pick<WaitInput<Task, Task>, "kind" | "poller" | "options">,
  ): Promise<unknown> {
    return this.#wait(id, { ...input, goal: exportCompleted<Task>(), timeout: "copy" });
  }

  async #wait<Resource extends Waitable, Result>(id: string, input: WaitInput<Resource, Result>): Promise<Result> {
    const { kind, poller, goal, timeout, options } = input;
    const { timeoutMs = this.timeouts[timeout], signal, onProgress, until, sizeGib } = options;
    const history = this.#history.of(waitKind(kind, until, sizeGib));
    const { clock } = this.#tools;
    const startedAt = clock.now();
    const end = (error: unknown, lateMs?: number) => {
      const elapsedMs = clock.now() - startedAt;
      this.#onEnd({ subject: `${kind} ${id}`, goal: goal.phrase, elapsedMs, lateMs, error });
    };
    try {
      const wait = { id, kind, poller, goal, history, timeoutMs, signal, onProgress };
      const { result, lateMs } = await waitFor(this.#tools, wait);
      end(undefined, lateMs);
      return result;
    } catch (error) {
      end(error);
      throw error;
    }
  }
}
