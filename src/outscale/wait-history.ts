/** How long the waits of one kind took. */
export interface KindHistory {
  /** In milliseconds, ascending. */
  readonly expected: readonly number[];
  /** False for guesses: no such wait was seen yet. */
  readonly isLearnt: boolean;
  learn(ms: number): void;
}

/** Milliseconds by kind of wait, oldest first. */
export type WaitSamples = Readonly<Record<string, readonly number[]>>;

/** The last waits of a kind count: a service that has become slower is noticed soon. */
export const WAITS_KEPT = 8;

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
      learn: (ms) => {
        for (const samples of [this.#samples, this.#learnt])
          samples.set(kind, keepLast([...(samples.get(kind) ?? []), ms]));
      },
    };
  }

  /** A volume of another size tells something, too, where nothing better is known. */
  #guess(kind: string): readonly number[] {
    const base = withoutSize(kind);
    const others = [...this.#samples]
      .filter(([other]) => withoutSize(other) === base)
      .flatMap(([, samples]) => samples);
    return others.length > 0 ? keepLast(others) : AROUND.map((share) => (typical[base] ?? 0) * share);
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

function withoutSize(kind: string): string {
  return kind.split("@")[0] ?? kind;
}
