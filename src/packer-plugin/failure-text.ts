import { unwrapFailure } from "../builder/unwrap-failure.ts";
import { ChrootError, ConfigError, type ConfigProblem, messageOf } from "../common/errors.ts";

/** A failure as Packer prints it: what happened, then what to do now, then what went wrong while cleaning up. */
export function failureText(thrown: unknown): string {
  const { error, releaseErrors } = unwrapFailure(thrown);
  const lines = [mainText(error), ...releaseErrors.map((later) => `While cleaning up: ${messageOf(later)}`)];
  return lines.join("\n");
}

function mainText(error: unknown): string {
  if (error instanceof ConfigError) return problemsText(error.problems);
  const hint = error instanceof ChrootError && error.hint ? `\nHint: ${error.hint}` : "";
  return messageOf(error) + hint;
}

/** Several problems in the form that Packer's users know. */
function problemsText(problems: readonly ConfigProblem[]): string {
  const lines = problems.map(({ option, message, hint }) => `* ${option}: ${message}${hint ? ` (${hint})` : ""}`);
  return `${problems.length} error(s) occurred:\n\n${lines.join("\n")}`;
}
