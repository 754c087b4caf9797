import { type Clock, systemClock } from "../common/clock.ts";
import { throwIfCancelled } from "../common/errors.ts";
import type { MakeTemporaryFolder } from "../host/temporary-folder.ts";
import { type Acceleration, chooseAcceleration } from "./acceleration.ts";
import { bootFailure, inSeconds } from "./boot-failure.ts";
import { BootingGuest, type BootOutcome, type GuestOptions } from "./booting-guest.ts";

export interface BootTestOptions extends Omit<GuestOptions, "clock" | "consoleFile"> {
  /** What the serial console must show, such as `/login:/`. */
  readonly pattern: RegExp;
  /** From the start of the guest that decides. */
  readonly timeoutMs: number;
  /** `auto`: KVM where it is clearly faster than TCG, and as long as it gets on where TCG does; TCG otherwise. */
  readonly acceleration: "auto" | Acceleration;
  /** `/dev/kvm` */
  readonly kvmDevice?: string;
  readonly clock?: Clock;
  /** Every line of the console as it comes. */
  readonly onLine?: (line: string, acceleration: Acceleration) => void;
  /** A guest is started. */
  readonly onStart?: (acceleration: Acceleration) => void;
  /** What a person should know about how the test is run. */
  readonly onNotice?: (message: string) => void;
  /** The file that QEMU writes a guest's console to, too; it is left there. */
  readonly consoleFile?: (acceleration: Acceleration) => string;
  /** As {@link chooseAcceleration} takes it. */
  readonly makeTemporaryFolder?: MakeTemporaryFolder;
  /** For the debug log. */
  readonly onNote?: (message: string) => void;
}

export interface BootTestResult {
  readonly acceleration: Acceleration;
  readonly elapsedMs: number;
  /** The last lines of the console. */
  readonly tail: readonly string[];
}

/**
 * Boots the finished volume under QEMU until its serial console shows the pattern. The device is only read; what the guest
 * writes goes to a temporary file of QEMU.
 *
 * @throws {BootCheckError} when the guest panics, stops in an emergency shell, ends, or is not there at the deadline
 * @throws {MissingProgramError} without QEMU
 * @throws {CancelledError}
 */
export async function bootTest(options: BootTestOptions): Promise<BootTestResult> {
  const guests = new Guests(options);
  try {
    throwIfCancelled(options.signal);
    const { guest, outcome } = await guests.decide();
    if (outcome.kind !== "booted") {
      const consoleFile = options.consoleFile?.(guest.acceleration);
      throw bootFailure(guest, outcome, { ...options, consoleFile });
    }
    return { acceleration: guest.acceleration, elapsedMs: guest.elapsedMs(), tail: guest.console.tail() };
  } finally {
    await guests.stop();
  }
}

/**
 * A guest under KVM that shows nothing new for so long gets company. It decides nothing: the one under TCG has to show that
 * there was something to show.
 */
const SILENCE_MS = 10_000;

interface Decided {
  readonly guest: BootingGuest;
  readonly outcome: BootOutcome;
}

/** The guests of one test: one as a rule, and a second one beside it where KVM is in doubt. */
class Guests {
  readonly #options: BootTestOptions & { readonly clock: Clock };
  readonly #started: BootingGuest[] = [];

  constructor(options: BootTestOptions) {
    this.#options = { ...options, clock: options.clock ?? systemClock };
  }

  async decide(): Promise<Decided> {
    const { acceleration } = this.#options;
    if (acceleration !== "auto") return ended(await this.#start(acceleration));
    const choice = await chooseAcceleration(this.#options.runner, this.#options);
    this.#options.onNote?.(`${choice.acceleration.toUpperCase()} is used: ${choice.why}`);
    const guest = await this.#start(choice.acceleration);
    return choice.acceleration === "kvm" ? this.#compare(guest) : ended(guest);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#started.map((guest) => guest.stop()));
  }

  /**
   * Where a guest under KVM falls silent, one under TCG is started beside it: the one that gets further decides. Where QEMU
   * itself fails under KVM, which says nothing of the image, the one under TCG decides alone.
   */
  async #compare(kvm: BootingGuest): Promise<Decided> {
    const first = ended(kvm);
    const silenceMs = Math.min(SILENCE_MS, this.#options.timeoutMs / 4);
    const early = await Promise.race([first, kvm.untilSilent(silenceMs).then(() => undefined)]);
    if (early && !isFailureOfQemu(early)) return early;
    if (early) return this.#replace(early);
    const silence = inSeconds(kvm.console.silentMs());
    this.#options.onNote?.(`Nothing new under KVM for ${silence}: trying TCG beside it`);
    const tcg = await this.#start("tcg");
    const second = ended(tcg);
    const both = Promise.all([first, second]).then(([a, b]) => (isFailureOfQemu(b) ? a : b));
    const next = await Promise.race([unlessQemuFails(first), unlessQemuFails(second), both, tcg.overtakes(kvm)]);
    if (next) return next;
    const what = `The guest under KVM had shown nothing new for ${silence}, and one under TCG that was started then got further`;
    this.#options.onNotice?.(`${what}: TCG is used`);
    await kvm.stop();
    return second;
  }

  async #replace({ outcome }: Decided): Promise<Decided> {
    const how = outcome.kind === "ended" ? outcome.how : "";
    this.#options.onNotice?.(`QEMU ended ${how} under KVM: TCG is used`);
    return ended(await this.#start("tcg"));
  }

  async #start(acceleration: Acceleration): Promise<BootingGuest> {
    const { consoleFile, ...options } = this.#options;
    const file = consoleFile && { consoleFile: consoleFile(acceleration) };
    const guest = await BootingGuest.start({ ...options, ...file }, acceleration);
    this.#started.push(guest);
    this.#options.onStart?.(acceleration);
    return guest;
  }
}

async function ended(guest: BootingGuest): Promise<Decided> {
  return { guest, outcome: await guest.outcome };
}

/** Of two QEMUs one may not find enough memory: that says nothing of the image. */
async function unlessQemuFails(decided: Promise<Decided>): Promise<Decided> {
  return isFailureOfQemu(await decided) ? new Promise(() => undefined) : decided;
}

function isFailureOfQemu({ outcome }: Decided): boolean {
  return outcome.kind === "ended" && outcome.isFailureOfQemu;
}
