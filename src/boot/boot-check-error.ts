import { ChrootError, type ErrorOptions, ExitCode } from "../common/errors.ts";

export interface BootCheckErrorOptions extends ErrorOptions {
  /** The last lines of the guest's console. */
  readonly tail?: readonly string[];
  /** Where all that the console has shown is kept. */
  readonly consoleFile?: string | undefined;
}

/** The image did not boot, or the static check refused it; the message ends in the console's last lines, `tail`. */
export class BootCheckError extends ChrootError {
  override readonly code = "E_BOOT_CHECK";
  override readonly exitCode = ExitCode.BootCheck;
  readonly tail: readonly string[];
  readonly consoleFile: string | undefined;

  constructor(message: string, options: BootCheckErrorOptions = {}) {
    const { tail = [], consoleFile } = options;
    const end = consoleFile === undefined ? [] : [`The whole console is in ${consoleFile}`];
    super([message, ...tail.map((line) => `  | ${line}`), ...end].join("\n"), options);
    this.tail = tail;
    this.consoleFile = consoleFile;
  }
}
