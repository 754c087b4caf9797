/** How long the waits of one kind took. */
export interface KindHistory {
  /** In milliseconds, ascending. */
  readonly expected: readonly number[];
  /** False for guesses: no such wait was seen yet. */
  readonly isLearnt: boolean;
  learn(ms: number): void;
  /** The progress of such waits has foretold their end, and never wrongly. */
  readonly isProgressTrusted: boolean;
  /** @param offBy How far off the forecasts of a wait were, as a share of it */
  learnProgress(offBy: number): void;
}

/** Milliseconds by kind of wait, oldest first; and what {@link progressKind} says, in thousandths of a wait. */
export type WaitSamples = Readonly<Record<string, readonly number[]>>;

/** The last waits of a kind count: a service that has become slower is noticed soon. */
export const WAITS_KEPT = 8;

/** After so many forecasts, and while none of those kept was further off, progress is believed. */
const TRUSTED_AFTER = 2;
const TRUSTED_THOUSANDTHS = 8;

/**
 * What the platform is known for: guesses around a middle, in milliseconds, until the first real wait.
 * @see OUTSCALE's storage driver for Kubernetes, for the volume
 */
const typical: Readonly<Record<string, number>> = {
  "volume.available": 4_000,
  "volume.linked": 2_000,
  "volume.unlinked": 3_000,
  "volume.deleted": 2_000,
  "snapshot.completed": 30_000,
  "image.available": 5_000,
};
const AROUND = [0.5, 0.7, 0.85, 1, 1.15, 1.3, 1.5];

/** The waits of one account in one region: what was known before, and what is learnt meanwhile. */
export class WaitHistory {
  readonly #samples: Map<string, readonly number[]>;
  readonly #learnt = new Map<string, readonly number[]>();

  constructor(samples: WaitSamples = {}) {
    this.#samples = new Map(Object.entries(samples));
  }

  /** What was learnt here, without what was known before. */
  get learnt(): WaitSamples {
    return Object.fromEntries(this.#learnt);
  }

  /** @param kind From {@link waitKind} */
  of(kind: string): KindHistory {
    const known = this.#samples.get(kind);
    return {
      expected: (known ?? this.#guess(kind)).toSorted((a, b) => a - b),
      isLearnt: known !== undefined,
      learn: (ms) => this.#keep(kind, ms),
      isProgressTrusted: this.#isProgressTrusted(progressKind(kind)),
      learnProgress: (offBy) => this.#keep(progressKind(kind), Math.round(offBy * 1_000)),
    };
  }

  #keep(kind: string, sample: number): void {
    for (const samples of [this.#samples, this.#learnt])
      samples.set(kind, keepLast([...(samples.get(kind) ?? []), sample]));
  }

  /** It is told in the same way for every size. */
  #isProgressTrusted(kind: string): boolean {
    const samples = this.#samples.get(kind) ?? this.#ofOtherSizes(kind);
    return samples.length >= TRUSTED_AFTER && samples.every((sample) => sample <= TRUSTED_THOUSANDTHS);
  }

  /** A volume of another size tells something, too, where nothing better is known. */
  #guess(kind: string): readonly number[] {
    const others = this.#ofOtherSizes(kind);
    return others.length > 0 ? others : AROUND.map((share) => (typical[withoutSize(kind)] ?? 0) * share);
  }

  #ofOtherSizes(kind: string): readonly number[] {
    const base = withoutSize(kind);
    const others = [...this.#samples].filter(([other]) => withoutSize(other) === base);
    return keepLast(others.flatMap(([, samples]) => samples));
  }
}

/** The samples that count, of many. */
export function keepLast(samples: readonly number[]): readonly number[] {
  return samples.slice(-WAITS_KEPT);
}

/** `snapshot.completed@16`: the resource, the goal, and the size, where it matters, as the next power of two in GiB. */
export function waitKind(resource: string, goal: string, sizeGib: number | undefined): string {
  const size = sizeGib === undefined ? "" : `@${2 ** Math.ceil(Math.log2(Math.max(1, sizeGib)))}`;
  return `${resource}.${goal}${size}`;
}

/** Under this name it is kept how far off the forecasts of such waits were. */
function progressKind(kind: string): string {
  return `progress:${kind}`;
}

function withoutSize(kind: string): string {
  return kind.split("@")[0] ?? kind;
}
