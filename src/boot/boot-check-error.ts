import { ChrootError, type ErrorOptions, ExitCode } from "../common/errors.ts";

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
