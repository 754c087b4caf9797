import * as z from "zod";
import { actions } from "../outscale/oapi.ts";
import type { RefusalName } from "./refusal.ts";
import { type TransitionName, transitionNames } from "./states/transitions.ts";

/** Counts that every fault has: pass over the first `skip` matches, then act `times` times (once when absent). */
const counts = {
  times: z.int().positive().optional(),
  skip: z.int().nonnegative().optional(),
};

const refusing = [
  "throttled",
  "throttled-account",
  "throttled-call",
  "internal-error",
  "too-many-concurrent-snapshots",
  "too-many-volumes",
  "too-many-snapshots",
] as const satisfies readonly RefusalName[];

/** The calls that can run into a limit; the others never answer it. */
const LIMITED: Readonly<Partial<Record<RefusalName, readonly string[]>>> = {
  "too-many-concurrent-snapshots": ["CreateSnapshot", "CreateImage"],
  "too-many-volumes": ["CreateVolume", "LinkVolume"],
  "too-many-snapshots": ["CreateSnapshot", "CreateImage"],
};

/** The reads that give pages. */
const PAGED: ReadonlySet<string> = new Set(
  Object.entries(actions).flatMap(([name, { response }]) => ("NextPageToken" in response.unwrap().shape ? [name] : [])),
);

/** What can be made and not be seen for a while. A link has the id of its volume. */
export const lateObjects = ["volume", "link", "snapshot", "image"] as const;
export type LateObject = (typeof lateObjects)[number];

/**
 * One fault.
 *
 * - A refusal (429 with code 24 or 25, 503 with 6, 500, or 10008, 10018, 10026), or a connection that is dropped before
 *   or after the call took effect. `action` names the call, `*` all of them; without it every call that can answer so.
 * - A read whose every page says that another one follows: itself, or always a new one.
 * - A transition that gets stuck, or fails. Stuck objects go on when the faults are cleared.
 * - A device that shows up `ms` after the API says `attached`; a decoy: another disk of the same size at the same time.
 * - A clock that is `ms` ahead of this machine's, or behind it, until the faults are cleared.
 * - An object that for `ms` after its making no read shows and no call knows.
 * - An OMI that for `ms` after its deletion reads show as it was.
 */
export const Fault = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.enum(refusing),
    action: z.string().optional(),
    retryAfterSeconds: z.int().optional(),
    ...counts,
  }),
  z.strictObject({ kind: z.enum(["drop-before", "drop-after"]), action: z.string().optional(), ...counts }),
  z.strictObject({ kind: z.enum(["looping-pages", "endless-pages"]), action: z.string().optional(), ...counts }),
  z.strictObject({ kind: z.enum(["stuck", "fail"]), transition: z.enum(transitionNames), ...counts }),
  z.strictObject({ kind: z.literal("late-device"), ms: z.int().nonnegative(), ...counts }),
  z.strictObject({ kind: z.literal("decoy-device"), ...counts }),
  z.strictObject({ kind: z.literal("skewed-clock"), ms: z.int() }),
  z.strictObject({ kind: z.literal("late-object"), object: z.enum(lateObjects), ms: z.int().nonnegative(), ...counts }),
  z.strictObject({ kind: z.literal("lingering-image"), ms: z.int().nonnegative(), ...counts }),
]);
export type Fault = z.infer<typeof Fault>;

/** The kinds that there are, in the order of {@link Fault}. */
export const faultKinds: readonly Fault["kind"][] = Fault.options.flatMap(({ shape: { kind } }) =>
  "options" in kind ? kind.options : [...kind.values],
);

/** A fault of a call, as against one of a transition or a device. */
export type CallFault = Extract<Fault, { action?: string | undefined }>;
export type RefusingFault = Extract<CallFault, { kind: (typeof refusing)[number] }>;

/** Whether the call is answered with an error; otherwise its connection is dropped. */
export function isRefusing(fault: CallFault | undefined): fault is RefusingFault {
  return refusing.some((kind) => kind === fault?.kind);
}

const MOST_FAULTS = 1_000;

interface Armed {
  readonly fault: Fault;
  skip: number;
  left: number;
}

/** The faults that wait for their moment. They live in memory: a restart forgets them. */
export class FaultInjector {
  #armed: Armed[] = [];
  readonly #onClear: () => void;

  /** @param onClear Called when the faults are cleared: what was stuck can go on. */
  constructor(onClear: () => void = () => undefined) {
    this.#onClear = onClear;
  }

  /** @throws when very many wait already */
  add(fault: Fault): void {
    if (this.#armed.length >= MOST_FAULTS) throw new Error(`At most ${MOST_FAULTS} faults can wait`);
    const { skip = 0, times = 1 } = fault.kind === "skewed-clock" ? {} : fault;
    this.#armed.push({ fault, skip, left: times });
  }

  /** The faults that have not acted for the last time. */
  list(): readonly Fault[] {
    return this.#armed.map(({ fault }) => fault);
  }

  clear(): void {
    this.#armed = [];
    this.#onClear();
  }

  /** The fault of this call, if it has one; it is used up by one. */
  takeCall(action: string): CallFault | undefined {
    return this.#take((fault): fault is CallFault => isCallFault(fault) && strikes(fault, action));
  }

  takeTransition(name: TransitionName): "stuck" | "fail" | undefined {
    return this.#take(
      (fault): fault is Extract<Fault, { transition: TransitionName }> =>
        "transition" in fault && fault.transition === name,
    )?.kind;
  }

  takeDevice(kind: "late-device" | "decoy-device"): { readonly ms?: number | undefined } | undefined {
    const fault = this.#take(
      (fault): fault is Extract<Fault, { kind: "late-device" | "decoy-device" }> => fault.kind === kind,
    );
    return fault?.kind === "late-device" ? { ms: fault.ms } : fault && {};
  }

  /** How far the service's clock is ahead of this machine's. */
  get skewMs(): number {
    const skews = this.#armed.flatMap(({ fault }) => (fault.kind === "skewed-clock" ? [fault.ms] : []));
    return skews.reduce((sum, ms) => sum + ms, 0);
  }

  /** For how long an object of a kind, which was just made, is not to be seen. */
  takeObject(object: LateObject): number | undefined {
    return this.#take(
      (fault): fault is Extract<Fault, { object: LateObject }> => "object" in fault && fault.object === object,
    )?.ms;
  }

  /** For how long an OMI that was just deleted is still to be seen. */
  takeLingering(): number | undefined {
    return this.#take((fault): fault is Extract<Fault, { kind: "lingering-image" }> => fault.kind === "lingering-image")
      ?.ms;
  }

  #take<F extends Fault>(matches: (fault: Fault) => fault is F): F | undefined {
    for (const armed of this.#armed) {
      const { fault } = armed;
      if (!matches(fault)) continue;
      if (armed.skip > 0) {
        armed.skip--;
        continue;
      }
      armed.left--;
      if (armed.left === 0) this.#armed = this.#armed.filter((other) => other !== armed);
      return fault;
    }
    return undefined;
  }
}

function strikes({ kind, action: wanted }: CallFault, action: string): boolean {
  if (wanted !== undefined) return wanted === "*" || wanted === action;
  if (kind === "looping-pages" || kind === "endless-pages") return PAGED.has(action);
  const limited = kind === "drop-before" || kind === "drop-after" ? undefined : LIMITED[kind];
  return limited === undefined || limited.includes(action);
}

function isCallFault(fault: Fault): fault is CallFault {
  return (
    !("transition" in fault) &&
    !("object" in fault) &&
    fault.kind !== "skewed-clock" &&
    fault.kind !== "lingering-image" &&
    fault.kind !== "late-device" &&
    fault.kind !== "decoy-device"
  );
}
