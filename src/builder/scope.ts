import { setMaxListeners } from "node:events";
import { throwIfCancelled } from "../common/errors.ts";
import { isAmbiguous } from "../outscale/errors.ts";
import { createOnce } from "./create-once.ts";
import type { JsonObject } from "./journal/entry.ts";
import { releaseHeld, releaseInDoubt } from "./release-held.ts";
import { leftoverOf, type Release, releaseNewestFirst } from "./release-newest-first.ts";
import type { ResourceKind } from "./resource-kind.ts";
import type { RunContext } from "./run-context.ts";
import { unfinished } from "./unfinished.ts";

const RELEASE_ATTEMPTS = 5;
const never = new AbortController().signal;
setMaxListeners(0, never);

/** Something that was acquired and not yet released. */
export interface Lease<Facts extends JsonObject = JsonObject> {
  readonly id: string;
  /** Writes down what a release of it will need, such as the device of a link. */
  note(facts: Facts): void;
  /** Releases it now instead of at the end of its scope. */
  release(): Promise<void>;
  /** Leaves it where it is: it is the user's from now on. */
  keep(): void;
}

interface Entry extends Release {
  /** Absent for what dies with this process. */
  readonly journaled?: { readonly seq: number; readonly kind: string; readonly id: string };
}

/**
 * Everything that a part of the build acquired, released newest first, exactly once, past failures, whatever went
 * wrong. What lives outside this process is journaled: the intent before the call, the id after it.
 */
export class Scope implements AsyncDisposable {
  readonly name: string;
  readonly #context: RunContext;
  readonly #onFailure: "throw" | "warn";
  readonly #entries: Entry[] = [];
  #isSomethingLeft = false;

  constructor(name: string, context: RunContext, options: { readonly onFailure: "throw" | "warn" }) {
    this.name = name;
    this.#context = context;
    this.#onFailure = options.onFailure;
  }

  /**
   * Acquires a resource. The creation runs to its answer even when the build is cancelled meanwhile; when the answer is
   * lost, what it made is looked up before it is tried again, so that there are never two.
   * @param signal Nothing is begun once it has fired; the build's when absent
   */
  async acquire<Intent extends JsonObject, Facts extends JsonObject>(
    kind: ResourceKind<Intent, Facts>,
    intent: Intent,
    create: () => Promise<string>,
    signal = this.#context.signal,
  ): Promise<Lease<Facts>> {
    const { journal } = this.#context;
    throwIfCancelled(signal);
    const seq = await journal.announce(kind.name, intent);
    await this.#mayBegin(kind, seq, signal);
    let id: string;
    try {
      id = await createOnce(this.#context, kind, intent, create);
    } catch (error) {
      await this.#giveUp(kind, intent, seq, error);
      throw error;
    }
    journal.result(seq, id);
    return this.#hold(kind, intent, seq, id);
  }

  /** Takes charge of a resource that another call has made, such as the snapshots of a copied image. */
  adopt<Intent extends JsonObject, Facts extends JsonObject>(
    kind: ResourceKind<Intent, Facts>,
    intent: Intent,
    id: string,
  ): Lease<Facts> {
    const { journal } = this.#context;
    const seq = journal.intent(kind.name, intent);
    journal.result(seq, id, { isFindable: false });
    return this.#hold(kind, intent, seq, id);
  }

  /** Takes charge of what a dead run has made, and its journal, which is ours now, names. */
  takeOver<Intent extends JsonObject, Facts extends JsonObject>(
    kind: ResourceKind<Intent, Facts>,
    { seq, intent, id }: { readonly seq: number; readonly intent: Intent; readonly id: string },
  ): Lease<Facts> {
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

  /**
   * Releases what was acquired since the scope had this size: a step that is tried again starts from where it was. It stops
   * at what fails, which is held on to, and so is all that is older: what failed may need it when it is tried again.
   * @throws {LeftoverError}
   */
  async releaseBackTo(size: number): Promise<void> {
    for (let entry = this.#newest(size); entry !== undefined; entry = this.#newest(size)) {
      const failures = await releaseNewestFirst(this.#context, [entry], never);
      if (failures.length > 0) throw leftoverOf(failures);
      this.#forget(entry);
    }
  }

  #newest(size: number): Entry | undefined {
    return this.#entries.length > size ? this.#entries.at(-1) : undefined;
  }

  /** It may have been released by itself meanwhile. */
  #forget(entry: Entry): void {
    const index = this.#entries.indexOf(entry);
    if (index >= 0) this.#entries.splice(index, 1);
  }

  /**
   * Forgets every release: what was acquired is part of the product. One line of the journal says so for all of it, so
   * that there is no moment at which half of it is the product.
   */
  keep(): void {
    this.#keep(this.#entries.splice(0));
  }

  #keep(entries: readonly Entry[]): void {
    const kept = entries.flatMap(({ journaled }) => journaled ?? []);
    this.#context.journal.kept(kept.map(({ seq }) => seq));
    for (const { kind, id } of kept) this.#context.emit({ type: "resource", kind, id, change: "kept" });
  }

  /**
   * Lets go of one kind without releasing it: `resume`, `shell` and `cleanup` find it in the journal (`on_error = "abort"`).
   * @returns whether there was one
   */
  leave(kindName: string): boolean {
    const { length } = this.#entries;
    for (const entry of this.#entries.filter(({ journaled }) => journaled?.kind === kindName)) {
      this.#entries.splice(this.#entries.indexOf(entry), 1);
      const { kind, id } = entry.journaled ?? { kind: kindName, id: "" };
      this.#context.emit({ type: "resource", kind, id, change: "left" });
    }
    return this.#entries.length < length;
  }

  /** Once it was disposed of: whether something could not be released. The journal has it, for `cleanup`. */
  get isSomethingLeft(): boolean {
    return this.#isSomethingLeft;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.releaseUntil(never);
  }

  /**
   * Releases everything. Once `enough` has fired, what the service has accepted to remove is not waited for any longer: the
   * journal says that it is going, and somebody looks later whether it is gone.
   */
  async releaseUntil(enough: AbortSignal): Promise<void> {
    const failures = await releaseNewestFirst(this.#context, this.#entries.splice(0), enough);
    this.#isSomethingLeft ||= failures.length > 0;
    if (failures.length > 0 && this.#onFailure === "throw") throw leftoverOf(failures);
  }

  /** What is made in the account may have to be taken down by another machine: it has to know first. */
  async #mayBegin({ isOfMachine }: Pick<ResourceKind, "isOfMachine">, seq: number, signal: AbortSignal): Promise<void> {
    const { journal } = this.#context;
    try {
      if (!isOfMachine) await journal.copied();
      throwIfCancelled(signal);
    } catch (error) {
      journal.released(seq);
      throw error;
    }
  }

  /**
   * A call that may have had an effect stays in the journal, and its scope looks again when it ends. What is made in
   * several steps is taken back now, as far as it came. Anything else that failed has made nothing.
   */
  async #giveUp<Intent extends JsonObject, Facts extends JsonObject>(
    kind: ResourceKind<Intent, Facts>,
    intent: Intent,
    seq: number,
    error: unknown,
  ): Promise<void> {
    if (isAmbiguous(error)) {
      this.#holdInDoubt(kind, intent, seq);
    } else if (kind.isMadeInSteps) {
      const entry = this.#holdInDoubt(kind, intent, seq);
      const failures = await releaseNewestFirst(this.#context, [entry], never);
      if (failures.length === 0) this.#forget(entry);
    } else {
      this.#context.journal.released(seq);
    }
  }

  #hold<Intent extends JsonObject, Facts extends JsonObject>(
    kind: ResourceKind<Intent, Facts>,
    intent: Intent,
    seq: number,
    id: string,
  ): Lease<Facts> {
    const { journal, emit, clock } = this.#context;
    const madeAt = clock.now();
    let facts: Partial<Facts> = {};
    emit({ type: "resource", kind: kind.name, id, change: "acquired" });
    const entry: Entry = {
      label: () => kind.releaseLabel(id, intent),
      release: async (signal, enough) => {
        const held = { id, intent, facts, madeAt };
        const isGone = await releaseHeld({ ...this.#context, signal }, kind, held, enough);
        if (isGone) journal.released(seq);
        else journal.going(seq);
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

  #holdInDoubt<Intent extends JsonObject, Facts extends JsonObject>(
    kind: ResourceKind<Intent, Facts>,
    intent: Intent,
    seq: number,
  ): Entry {
    const madeAt = this.#context.clock.now();
    const entry: Entry = {
      label: () => `Looking for ${unfinished(kind.name)}`,
      release: async (signal) => {
        await releaseInDoubt({ ...this.#context, signal }, kind, { intent, madeAt });
        this.#context.journal.released(seq);
      },
      attempts: RELEASE_ATTEMPTS,
    };
    this.#entries.push(entry);
    return entry;
  }

  #lease<Facts extends JsonObject>(id: string, entry: Entry, note: (facts: Facts) => void): Lease<Facts> {
    return {
      id,
      note,
      release: async () => {
        if (!this.#entries.includes(entry)) return;
        const failures = await releaseNewestFirst(this.#context, [entry], never);
        // A failed early release stays: the end of the scope tries again.
        if (failures.length > 0) throw leftoverOf(failures);
        this.#forget(entry);
      },
      keep: () => {
        if (this.#entries.includes(entry)) this.#keep(this.#entries.splice(this.#entries.indexOf(entry), 1));
      },
    };
  }
}
