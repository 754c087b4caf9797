import { ChrootError, type ErrorOptions, ExitCode } from "../common/errors.ts";

/** The image did not boot, or the static check refused it; the message ends in the console's last lines, `tail`. */
export class BootCheckError extends ChrootError {
  override readonly code = "E_BOOT_CHECK";
  override readonly exitCode = ExitCode.BootCheck;
  readonly tail: readonly string[];

  constructor(message: string, options: ErrorOptions & { readonly tail?: readonly string[] } = {}) {
    const { tail = [] } = options;
    super([message, ...tail.map((line) => `  | ${line}`)].join("\n"), options);
    this.tail = tail;
  }
}
