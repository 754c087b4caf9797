import type { Clock } from "../common/clock.ts";
import { ChrootError, type ErrorOptions, ExitCode } from "../common/errors.ts";
import type { CommandRunner } from "../host/run-command.ts";

export interface BootTestOptions {
  /** The volume's device, unmounted. It is opened read-only; what the guest writes goes to a temporary file. */
  readonly device: string;
  /** What the serial console must show, such as `login:`. */
  readonly pattern: RegExp;
  readonly timeoutMs: number;
  readonly memoryMib: number;
  readonly cpus: number;
  readonly firmware: "legacy" | "uefi";
  /** `auto`: KVM when a probe guest prints within 5 s, TCG otherwise. */
  readonly acceleration: "auto" | "kvm" | "tcg";
  readonly runner: CommandRunner;
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock;
  /** Every line of the console as it comes. */
  readonly onLine?: (line: string) => void;
}

export interface BootTestResult {
  readonly acceleration: "kvm" | "tcg";
  readonly elapsedMs: number;
  /** The last lines of the console. */
  readonly tail: readonly string[];
}

/** The image did not boot, or the static check refused it; `tail` has the console's last lines. */
export class BootCheckError extends ChrootError {
  override readonly code = "E_BOOT_CHECK";
  override readonly exitCode = ExitCode.BootCheck;
  readonly tail: readonly string[];

  constructor(message: string, options: ErrorOptions & { readonly tail?: readonly string[] } = {}) {
    super(message, options);
    this.tail = options.tail ?? [];
  }
}

/**
 * Boots the finished volume under QEMU until its serial console shows the pattern.
 *
 * @throws {BootCheckError} when the guest panics, powers off, ends or is silent until the deadline
 * @throws {MissingProgramError} without QEMU
 * @throws {CancelledError}
 */
export declare function bootTest(options: BootTestOptions): Promise<BootTestResult>;
