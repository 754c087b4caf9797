import { CancelledError, ChrootError, ConfigError, type ConfigProblem, messageOf } from "../../common/errors.ts";
import { StorageError } from "../../outscale/object-storage/storage-error.ts";

/** What a refusal is about, in the words of whoever is asked to mend it, where it does not say so itself. */
interface Subjects {
  readonly bucket: string;
  readonly other: string;
}

/**
 * The answers to what was asked at the same time. What is refused is told as one: whoever mends one thing is not to learn of
 * the next one then.
 * @throws {ConfigError} with every problem, where there are several; the only one as it is
 * @throws {CancelledError} when one of them was cancelled
 */
export async function askTogether<const Questions extends readonly unknown[]>(
  questions: Questions,
  subjects: Subjects,
): Promise<{ -readonly [Index in keyof Questions]: Awaited<Questions[Index]> }> {
  const results = await Promise.allSettled(questions);
  const failures = results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
  if (failures.length > 0) throw joinFailures(failures, subjects);
  return Promise.all(questions);
}

function joinFailures(failures: readonly unknown[], subjects: Subjects): unknown {
  const cancelled = failures.find((failure) => failure instanceof CancelledError);
  if (cancelled !== undefined || failures.length === 1) return cancelled ?? failures[0];
  return new ConfigError(failures.flatMap((failure) => problemsOf(failure, subjects)));
}

function problemsOf(failure: unknown, subjects: Subjects): readonly ConfigProblem[] {
  const hint = failure instanceof ChrootError ? failure.hint : undefined;
  if (failure instanceof ConfigError) return failure.problems.map((problem) => ({ hint, ...problem }));
  const option = failure instanceof StorageError ? subjects.bucket : subjects.other;
  return [{ option, message: messageOf(failure), ...(hint !== undefined && { hint }) }];
}
