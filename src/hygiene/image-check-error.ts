import { ChrootError, type ErrorOptions, ExitCode } from "../common/errors.ts";
import type { PolicyFinding } from "./policy/finding.ts";

/** The image has something that others should not get, and `image_check` is strict. */
export class ImageCheckError extends ChrootError {
  override readonly code = "E_IMAGE_CHECK";
  override readonly exitCode = ExitCode.ImageCheck;
  readonly findings: readonly PolicyFinding[];

  constructor(message: string, options: ErrorOptions & { readonly findings: readonly PolicyFinding[] }) {
    super(message, options);
    this.findings = options.findings;
  }
}
