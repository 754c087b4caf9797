import {
  CancelledError,
  ChrootError,
  LeftoverError,
  messageOf,
  TimeoutError,
  throwIfCancelled,
} from "../common/errors.ts";
import { isAmbiguous, isAuth, isConflict } from "../outscale/errors.ts";
import type { EventSink } from "./events.ts";
import type { Journal, JsonObject } from "./journal.ts";
import type { ReleaseContext, ResourceKind } from "./resource-kind.ts";

/** What every scope of one build shares. */
export interface ScopeShare {
  readonly journal: Journal;
  readonly emit: EventSink;
  /** The build's own cancellation: nothing new is acquired after it. */
  readonly signal: AbortSignal;
  /** Fires when the user asked a second time: releases get {@link HURRIED_DEADLINE_MS}. */
  readonly hurry: AbortSignal;
  readonly context: Omit<ReleaseContext, "signal">;
}

export const RELEASE_DEADLINE_MS = 15 * 60_000;
export const HURRIED_DEADLINE_MS = 60_000;
const RELEASE_ATTEMPTS = 5;
const CREATE_ATTEMPTS = 4;

/** Something that was acquired and not yet released. */
export interface Lease {
  readonly id: string;
  /** Writes down what a release of it will need, such as the device of a link. */
  note(facts: JsonObject): void;
  /** Releases it now instead of at the end of its scope. */
  release(): Promise<void>;
}

interface Entry {
  readonly label: () => string;
  readonly release: (signal: AbortSignal) => Promise<void>;
  readonly attempts: number;
  /** Absent for what dies with this process. */
  readonly journaled?: { readonly seq: number; readonly kind: string; readonly id: string };
}

/**
 * Everything that a part of the build acquired, released newest first, exactly once, past failures, whatever went
 * wrong. What lives outside this process is journaled: the intent before the call, the id after it.
 */
export class Scope implements AsyncDisposable {
  readonly name: string;
  readonly #share: ScopeShare;
  readonly #onFailure: "throw" | "warn";
  readonly #entries: Entry[] = [];

  constructor(name: string, share: ScopeShare, options: { readonly onFailure: "throw" | "warn" }) {
    this.name = name;
    this.#share = share;
    this.#onFailure = options.onFailure;
  }

  /**
   * Acquires a resource. The creation runs to its answer even when the build is cancelled meanwhile; when the answer is
   * lost, what it made is looked up before it is tried again, so that there are never two.
   */
  async acquire<Intent extends JsonObject>(
    kind: ResourceKind<Intent>,
    intent: Intent,
    create: () => Promise<string>,
  ): Promise<Lease> {
    throwIfCancelled(this.#share.signal);
    const { journal } = this.#share;
    const seq = journal.intent(kind.name, intent);
    try {
      const id = await this.#createOnce(kind, intent, create);
      journal.result(seq, id);
      return this.#hold(kind, intent, seq, id);
    } catch (error) {
      // A call that may have had an effect stays in the journal, and its scope looks again when it ends.
      if (isAmbiguous(error)) this.#holdInDoubt(kind, intent, seq);
      else journal.released(seq);
      throw error;
    }
  }

  /** Takes charge of a resource that another call has made, such as the snapshots of a copied image. */
  adopt<Intent extends JsonObject>(kind: ResourceKind<Intent>, intent: Intent, id: string): Lease {
    const seq = this.#share.journal.intent(kind.name, intent);
    this.#share.journal.result(seq, id);
    return this.#hold(kind, intent, seq, id);
  }

  /** Registers the undoing of something that dies with this process, such as a mount in the private namespace. */
  defer(label: string, release: () => Promise<void>): Lease {
    const entry: Entry = { label: () => label, release, attempts: 1 };
    this.#entries.push(entry);
    return this.#lease(label, entry, () => undefined);
  }

  /** How many things it holds: with {@link releaseBackTo}, the way back to this moment. */
  get size(): number {
    return this.#entries.length;
  }

  /** Releases what was acquired since the scope had this size: a step that is tried again starts from where it was. */
  async releaseBackTo(size: number): Promise<void> {
    const failures = await this.#release(this.#entries.splice(size));
    if (failures.length > 0) throw failureOf(failures);
  }

  /**
   * Forgets every release: what was acquired is part of the product. One line of the journal says so for all of it, so
   * that there is no moment at which half of it is the product.
   */
  keep(): void {
    const kept = this.#entries.splice(0).flatMap(({ journaled }) => journaled ?? []);
    this.#share.journal.kept(kept.map(({ seq }) => seq));
    for (const { kind, id } of kept) this.#share.emit({ type: "resource", kind, id, change: "kept" });
  }

  /** Lets go of one kind without releasing it: `shell` and `cleanup` find it in the journal (`on_error = "abort"`). */
  leave(kindName: string): void {
    for (const entry of this.#entries.filter(({ journaled }) => journaled?.kind === kindName)) {
      this.#entries.splice(this.#entries.indexOf(entry), 1);
      const { kind, id } = entry.journaled ?? { kind: kindName, id: "" };
      this.#share.emit({ type: "resource", kind, id, change: "left" });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const failures = await this.#release(this.#entries.splice(0));
    if (failures.length > 0 && this.#onFailure === "throw") throw failureOf(failures);
  }

  async #createOnce<Intent extends JsonObject>(
    kind: ResourceKind<Intent>,
    intent: Intent,
    create: () => Promise<string>,
  ): Promise<string> {
    let doubt: unknown;
    for (let attempt = 1; ; attempt++) {
      try {
        return await create();
      } catch (error) {
        // After a lost answer a conflict may be our own first try, seen late.
        const unclear = isAmbiguous(error) || (doubt !== undefined && isConflict(error));
        if (!unclear) throw doubt === undefined ? error : doubtful(error, doubt);
        doubt ??= error;
        using deadline = releaseDeadline(this.#share.hurry);
        const id = await kind.find({ ...this.#share.context, signal: deadline.signal }, intent);
        if (id !== undefined) return id;
        if (attempt === CREATE_ATTEMPTS) throw doubt;
        await this.#share.context.clock.sleep(250 * 2 ** attempt);
      }
    }
  }

  #hold<Intent extends JsonObject>(kind: ResourceKind<Intent>, intent: Intent, seq: number, id: string): Lease {
    const { journal, emit, context } = this.#share;
    let facts: JsonObject = {};
    emit({ type: "resource", kind: kind.name, id, change: "acquired" });
    const entry: Entry = {
      label: () => kind.releaseLabel(id, intent),
      release: async (signal) => {
        await kind.release({ ...context, signal }, { id, intent, facts });
        journal.released(seq);
        emit({ type: "resource", kind: kind.name, id, change: "released" });
      },
      attempts: RELEASE_ATTEMPTS,
      journaled: { seq, kind: kind.name, id },
    };
    this.#entries.push(entry);
    return this.#lease(id, entry, (more) => {
      facts = { ...facts, ...more };
      journal.facts(seq, more);
    });
  }

  #holdInDoubt<Intent extends JsonObject>(kind: ResourceKind<Intent>, intent: Intent, seq: number): void {
    const { journal, context } = this.#share;
    this.#entries.push({
      label: () => `Looking for a ${kind.name} whose creation got no answer`,
      release: async (signal) => {
        const id = await kind.find({ ...context, signal }, intent);
        if (id !== undefined) await kind.release({ ...context, signal }, { id, intent, facts: {} });
        journal.released(seq);
      },
      attempts: RELEASE_ATTEMPTS,
    });
  }

  #lease(id: string, entry: Entry, note: (facts: JsonObject) => void): Lease {
    return {
      id,
      note,
      release: async () => {
        if (!this.#entries.includes(entry)) return;
        const failures = await this.#release([entry]);
        // A failed early release stays: the end of the scope tries again.
        if (failures.length > 0) throw failureOf(failures);
        this.#entries.splice(this.#entries.indexOf(entry), 1);
      },
    };
  }

  async #release(entries: readonly Entry[]): Promise<readonly unknown[]> {
    const failures: unknown[] = [];
    for (const entry of [...entries].reverse()) {
      try {
        await this.#releaseOne(entry);
      } catch (error) {
        this.#share.context.ui.error(`${entry.label()} failed: ${messageOf(error)}`);
        failures.push(error);
      }
    }
    return failures;
  }

  async #releaseOne(entry: Entry): Promise<void> {
    const { hurry, context } = this.#share;
    using deadline = releaseDeadline(hurry);
    for (let attempt = 1; ; attempt++) {
      try {
        return await entry.release(deadline.signal);
      } catch (error) {
        if (attempt >= entry.attempts || deadline.signal.aborted || !isWorthRetrying(error)) throw error;
        context.log.write({ kind: "note", message: `${entry.label()}: try ${attempt} failed: ${messageOf(error)}` });
        await context.clock.sleep(Math.min(500 * 2 ** attempt, hurry.aborted ? 1_000 : 10_000));
      }
    }
  }
}

/** A signal that fires when a release has had its time, which the user's second interrupt shortens. */
export function releaseDeadline(hurry: AbortSignal): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const fire = () => controller.abort(new CancelledError("The clean-up took too long"));
  let timer = setTimeout(fire, hurry.aborted ? HURRIED_DEADLINE_MS : RELEASE_DEADLINE_MS);
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

/** What stays as it is however often we try: somebody holds it, or our time is up. */
function isWorthRetrying(error: unknown): boolean {
  if (error instanceof LeftoverError || error instanceof CancelledError || error instanceof TimeoutError) return false;
  return !isAuth(error);
}

/** The second try failed for a clear reason, but the first may have had an effect: that doubt must not get lost. */
function doubtful(error: unknown, doubt: unknown): unknown {
  if (doubt instanceof Error && error instanceof Error) doubt.cause ??= error;
  return doubt;
}

function failureOf(failures: readonly unknown[]): Error {
  const leftovers = failures.flatMap((failure) =>
    failure instanceof LeftoverError ? failure.leftovers : messageOf(failure),
  );
  const first = failures[0];
  const hint = first instanceof ChrootError ? first.hint : undefined;
  return new LeftoverError(`Not everything could be taken down: ${failures.map(messageOf).join("; ")}`, {
    leftovers,
    cause: failures.length === 1 ? first : new AggregateError(failures),
    hint: hint ?? "Free what is named, then run: outscale-chroot cleanup",
  });
}
