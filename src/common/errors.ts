import type { Location } from "./location.ts";

/**
 * The exit code of the command line, one per family of failure. Stable: scripts branch on them.
 * Documented in docs/exit-codes.md.
 */
export const ExitCode = {
  Success: 0,
  /** A bug, or several builds that failed in different ways. */
  Failed: 1,
  /** The command line itself: an unknown flag, a missing argument. */
  Usage: 2,
  Template: 3,
  Config: 4,
  Auth: 5,
  Api: 6,
  Device: 7,
  Mount: 8,
  Command: 9,
  Provision: 10,
  Timeout: 11,
  Leftover: 12,
  BootCheck: 13,
  Provenance: 14,
  ImageCheck: 15,
  Fleet: 16,
  Interrupted: 130,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

export interface ErrorOptions {
  readonly cause?: unknown;
  /** One sentence: what the user can do now. */
  readonly hint?: string | undefined;
  /** The id of the resource the failure is about, such as `vol-1a2b3c4d`. */
  readonly resourceId?: string | undefined;
}

/** A failure we expect. Anything else that is thrown is a bug, and is shown with its stack. */
export abstract class ChrootError extends Error {
  /** A stable name, for scripts and tests: `E_MOUNT`, `E_API`, ... */
  abstract readonly code: string;
  readonly exitCode: ExitCode = ExitCode.Failed;
  readonly hint: string | undefined;
  readonly resourceId: string | undefined;
  /** The step of the recipe that failed, such as `StepLinkVolume`; set once, by the step that was running. */
  step: string | undefined;

  constructor(message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.hint = options.hint;
    this.resourceId = options.resourceId;
  }
}

/** The command line cannot be understood. */
export class UsageError extends ChrootError {
  override readonly code = "E_USAGE";
  override readonly exitCode = ExitCode.Usage;
}

/** One problem of a configuration, tied to the option that has it. */
export interface ConfigProblem {
  /** The option as the user types it, with its path: `omi_block_device_mappings[0].device_name`. */
  readonly option: string;
  readonly message: string;
  readonly hint?: string | undefined;
  /** Where the option stands, if somebody knows: `web.pkr.hcl:12:3`. */
  readonly location?: string | undefined;
  /** Where the block stands that has the option, for an editor; messages name it in `option`. */
  readonly block?: Location | undefined;
  /** The text may be right all the same: a file or a program is missing on this machine. */
  readonly isOfMachine?: true | undefined;
}

/** The configuration is refused; every problem that was found is in `problems`. */
export class ConfigError extends ChrootError {
  override readonly code = "E_CONFIG";
  override readonly exitCode = ExitCode.Config;
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[], options: ErrorOptions = {}) {
    const lines = problems.map(({ option, message, hint }) => `${option}: ${message}${hint ? ` (${hint})` : ""}`);
    super(lines.length === 1 ? (lines[0] as string) : `${lines.length} problems:\n  ${lines.join("\n  ")}`, options);
    this.problems = problems;
  }
}

/** Credentials are missing, refused, or belong to another account or region. */
export class AuthError extends ChrootError {
  override readonly code = "E_AUTH";
  override readonly exitCode = ExitCode.Auth;
}

/** A block device cannot be chosen, found, read or trusted. */
export class DeviceError extends ChrootError {
  override readonly code: string = "E_DEVICE";
  override readonly exitCode = ExitCode.Device;
}

/** A file system cannot be mounted or unmounted. */
export class MountError extends ChrootError {
  override readonly code = "E_MOUNT";
  override readonly exitCode = ExitCode.Mount;
  readonly target: string;

  constructor(message: string, options: ErrorOptions & { readonly target: string }) {
    super(message, options);
    this.target = options.target;
  }
}

/** Provisioning failed: a provisioner's own command, script or transfer. */
export class ProvisionError extends ChrootError {
  override readonly code = "E_PROVISION";
  override readonly exitCode = ExitCode.Provision;
}

/** Something did not become what it had to become before its deadline. */
export class TimeoutError extends ChrootError {
  override readonly code = "E_TIMEOUT";
  override readonly exitCode = ExitCode.Timeout;
}

/** The fleet cannot do what it was asked for: its queue, its key, or its workers. */
export class FleetError extends ChrootError {
  override readonly code = "E_FLEET";
  override readonly exitCode = ExitCode.Fleet;
}

/** What was thrown on another machine, with its code and exit code: its class stayed there. */
export class RemoteError extends ChrootError {
  override readonly code: string;
  override readonly exitCode: ExitCode;

  constructor(message: string, options: ErrorOptions & { readonly code: string; readonly exitCode: number }) {
    super(message, options);
    this.code = options.code;
    this.exitCode = Object.values(ExitCode).find((each) => each === options.exitCode) ?? ExitCode.Failed;
  }
}

/** The user, or the program that embeds us, asked the build to stop. */
export class CancelledError extends ChrootError {
  override readonly code = "E_CANCELLED";
  override readonly exitCode = ExitCode.Interrupted;

  constructor(message = "The build was cancelled", options: ErrorOptions = {}) {
    super(message, options);
  }
}

/** Something of ours could not be taken down; `leftovers` names each thing and how to free it. */
export class LeftoverError extends ChrootError {
  override readonly code = "E_LEFTOVER";
  override readonly exitCode = ExitCode.Leftover;
  readonly leftovers: readonly string[];

  constructor(message: string, options: ErrorOptions & { readonly leftovers: readonly string[] }) {
    super(message, options);
    this.leftovers = options.leftovers;
  }
}

/** The text of anything that was thrown, with the chain of its causes, on one line. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.errors.length > 0) {
    return `${error.message}: ${error.errors.map(messageOf).join("; ")}`;
  }
  const cause = error.cause === undefined ? "" : messageOf(error.cause);
  return cause && !error.message.includes(cause) ? `${error.message}: ${cause}` : error.message;
}

/** Throws {@link CancelledError} if the signal has fired: a safe point between two actions. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  if (signal.reason instanceof ChrootError) throw signal.reason;
  throw new CancelledError(undefined, { cause: signal.reason });
}
