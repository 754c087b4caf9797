import { unwrapFailure } from "../../builder/unwrap-failure.ts";
import { ChrootError, ConfigError, ExitCode, messageOf, RemoteError } from "../../common/errors.ts";
import type { SentError } from "./messages.ts";
import { retryReasonOf } from "./retry-reason.ts";

/** An error for another machine. */
export function sentErrorOf(thrown: unknown): SentError {
  const { error, releaseErrors } = unwrapFailure(thrown);
  const known = error instanceof ChrootError ? error : undefined;
  const isBug = known === undefined && error instanceof Error && !("syscall" in error);
  const code = known?.code ?? (isBug ? "E_BUG" : "E_SYSTEM");
  return {
    code,
    exitCode: known?.exitCode ?? ExitCode.Failed,
    message: isBug ? (error.stack ?? error.message) : messageOf(error),
    hint: known?.hint,
    step: known?.step,
    resourceId: known?.resourceId,
    ...(error instanceof ConfigError && { problems: error.problems }),
    retry: retryReasonOf(code, error),
    cleanup: releaseErrors.map(sentErrorOf),
  };
}

/** What to throw for an error that was sent, with what went wrong afterwards, as `await using` throws it. */
export function errorOfSent(sent: SentError): Error {
  const { code, exitCode, message, hint, resourceId, problems } = sent;
  const options = { hint, resourceId };
  const error = problems
    ? new ConfigError(problems, options)
    : new RemoteError(message, { ...options, code, exitCode });
  error.step = sent.step;
  return sent.cleanup.reduce<Error>((suppressed, later) => {
    return Object.assign(new Error(later.message), { error: errorOfSent(later), suppressed });
  }, error);
}
