import { EventEmitter, once } from "node:events";
import { systemClock } from "../../common/clock.ts";
import { FleetError, messageOf } from "../../common/errors.ts";
import { FollowedOutput } from "../queue/followed-output.ts";
import type { SentResult } from "../queue/messages.ts";
import { OutputNews } from "../queue/output-news.ts";
import { RefusalError } from "../queue/refusal-error.ts";
import type { WatchedBuild } from "../watch/build-list.ts";
import type { FoundJob } from "../watch/fleet-watch.ts";
import { LiveRun } from "./live-run.ts";

const MOST_FOLLOWED = 32;
const LOOK_MS = 2_000;
/** What nobody looks at any more is followed for so long: a page that is opened is listened to soon. */
const LINGER_MS = 30_000;
/** Whoever writes to a stream without the key is not read for ever. */
const MOST_REFUSED = 10_000;

/** Every place is taken by somebody who looks at another build. */
export class TooManyBuildsError extends FleetError {}

interface FollowInput {
  readonly news: OutputNews;
  readonly onUnused: () => void;
  readonly onFailure: (message: string) => void;
}

/** What is known of a build besides its output. */
export interface BuildStanding {
  /** When this was so, in milliseconds since the epoch. */
  readonly at: number;
  /** `forgotten`: the queue does not know it any more. */
  readonly state: WatchedBuild["state"] | "forgotten";
  /** Undefined while it goes on, and when no worker would take it. */
  readonly result: SentResult | undefined;
  readonly worker: string | null;
  /** How many have begun. */
  readonly attempts: number;
}

/** A build whose output is followed, from its beginning to its end or until nobody looks any more. */
export class FollowedBuild {
  readonly found: FoundJob;
  readonly run = new LiveRun();
  /** As it was seen last. */
  standing: BuildStanding | undefined;
  /** Comes when everything is read that was there at first, or the queue refuses to say what that is. */
  readonly caughtUp: Promise<void>;
  readonly #news = new EventEmitter().setMaxListeners(0);
  readonly #stop = new AbortController();
  readonly #onUnused: () => void;
  readonly #onFailure: (message: string) => void;
  #users = 0;
  #unused: NodeJS.Timeout | undefined;

  constructor(found: FoundJob, { news, onUnused, onFailure }: FollowInput) {
    this.found = found;
    this.#onUnused = onUnused;
    this.#onFailure = (message) => onFailure(`Build ${found.job.id} cannot be followed: ${message}`);
    this.#linger();
    this.caughtUp = new Promise((resolve) => {
      void this.#follow(found, news, resolve)
        .catch((error: unknown) => {
          if (!this.#stop.signal.aborted) this.#onFailure(messageOf(error));
        })
        .finally(resolve);
    });
  }

  /** Somebody looks, until it is disposed of. */
  hold(): Disposable {
    this.#users++;
    clearTimeout(this.#unused);
    return {
      [Symbol.dispose]: () => {
        this.#users--;
        if (this.#users === 0) this.#linger();
      },
    };
  }

  /** Whether nobody looks just now. */
  get isUnused(): boolean {
    return this.#users === 0;
  }

  /** Waits until it has said something more, or the signal fires. */
  async news(signal: AbortSignal): Promise<void> {
    await once(this.#news, "news", { signal }).catch(() => undefined);
  }

  stop(): void {
    clearTimeout(this.#unused);
    this.#stop.abort();
  }

  #linger(): void {
    this.#unused = setTimeout(() => this.#onUnused(), LINGER_MS).unref();
  }

  async #follow({ queue, job }: FoundJob, news: OutputNews, onCaughtUp: () => void): Promise<void> {
    using output = await this.#untilAnswered(() => FollowedOutput.open(queue, job.id, news), onCaughtUp);
    this.#stop.signal.addEventListener("abort", () => output.look(), { once: true });
    for (let refused = 0; !this.run.isOver && !this.#stop.signal.aborted && refused < MOST_REFUSED; ) {
      const part = await this.#untilAnswered(() => output.next(LOOK_MS), onCaughtUp);
      refused += part.refused.length;
      this.run.note({ ...part, refused: part.refused.slice(0, 1) });
      if (!part.isCutOff) onCaughtUp();
      if (part.entries.length + part.refused.length > 0) this.#news.emit("news");
    }
  }

  /** A refusal passes, and a page that is open goes on to show the build. It is told once for all that come in a row. */
  async #untilAnswered<Value>(ask: () => Promise<Value>, onRefused: () => void): Promise<Value> {
    const { signal } = this.#stop;
    for (let isTold = false; ; isTold = true) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof RefusalError) || signal.aborted) throw error;
        if (!isTold) this.#onFailure(`${messageOf(error)}; it is tried again`);
        onRefused();
        await systemClock.sleep(LOOK_MS, signal);
      }
    }
  }
}

/** The builds whose output is followed: each once, for everybody who looks at it. */
export class LiveBuilds implements Disposable {
  readonly #followed = new Map<string, FollowedBuild>();
  readonly #onFailure: (message: string) => void;
  #news: OutputNews | undefined;

  constructor(onFailure: (message: string) => void) {
    this.#onFailure = onFailure;
  }

  /** One that is followed. */
  known(id: string): FollowedBuild | undefined {
    return this.#followed.get(id);
  }

  /** @throws {TooManyBuildsError} when too many are followed already */
  follow(found: FoundJob): FollowedBuild {
    const { id } = found.job;
    const known = this.#followed.get(id);
    if (known !== undefined) return known;
    if (this.#followed.size >= MOST_FOLLOWED) this.#makeRoom();
    // Every queue is in the same Redis.
    this.#news ??= new OutputNews(found.queue);
    const input = { news: this.#news, onUnused: () => this.#drop(id), onFailure: this.#onFailure };
    const build = new FollowedBuild(found, input);
    this.#followed.set(id, build);
    return build;
  }

  /** Drops the one that was opened first of those that nobody looks at. */
  #makeRoom(): void {
    const unused = [...this.#followed].find(([, { isUnused }]) => isUnused);
    if (unused === undefined)
      throw new TooManyBuildsError(`${MOST_FOLLOWED} builds are looked at already`, {
        hint: "Close one of their pages",
      });
    this.#drop(unused[0]);
  }

  [Symbol.dispose](): void {
    for (const id of [...this.#followed.keys()]) this.#drop(id);
    this.#news?.[Symbol.dispose]();
  }

  #drop(id: string): void {
    this.#followed.get(id)?.stop();
    this.#followed.delete(id);
  }
}
