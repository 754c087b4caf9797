import { unwrapFailure } from "../../builder/unwrap-failure.ts";
import { ChrootError, ConfigError, type ConfigProblem, messageOf } from "../../common/errors.ts";
import { TemplateError } from "../../hcl/source/diagnostic.ts";
import { type DiagnosticJson, diagnosticJson } from "../../hcl/source/print-diagnostic.ts";
import { exitCodeOf, isSystemError } from "./error-text.ts";

/** An error for programs: in the event stream and the result file. */
export interface ErrorRecord {
  /** Stable: `E_MOUNT`; `E_SYSTEM` for what the system refuses, `E_BUG` for what should not have happened. */
  readonly code: string;
  readonly exitCode: number;
  readonly message: string;
  readonly hint: string | null;
  readonly step: string | null;
  readonly resourceId: string | null;
  readonly problems?: readonly ConfigProblem[];
  readonly diagnostics?: readonly DiagnosticJson[];
  /** What went wrong while cleaning up after it. */
  readonly cleanup?: readonly ErrorRecord[];
}

export function errorRecord(thrown: unknown): ErrorRecord {
  const { error, releaseErrors } = unwrapFailure(thrown);
  const known = error instanceof ChrootError ? error : undefined;
  return {
    code: known?.code ?? (isSystemError(error) ? "E_SYSTEM" : "E_BUG"),
    exitCode: exitCodeOf(error),
    message: messageOf(error),
    hint: known?.hint ?? null,
    step: known?.step ?? null,
    resourceId: known?.resourceId ?? null,
    ...(error instanceof ConfigError && { problems: error.problems }),
    ...(error instanceof TemplateError && { diagnostics: error.diagnostics.map(diagnosticJson) }),
    ...(releaseErrors.length > 0 && { cleanup: releaseErrors.map(errorRecord) }),
  };
}
