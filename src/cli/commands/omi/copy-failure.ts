import type { CopiedOmi } from "../../../bake/omis/copy-omi.ts";
import { type FailedRegion, leftThere, RegionCopyError } from "../../../builder/region-copy/region-copy-error.ts";
import { CancelledError, type ChrootError, LeftoverError, messageOf } from "../../../common/errors.ts";

export interface CopyCommands {
  /** Makes the copies of these regions. */
  retry(regions: readonly string[]): string;
  /** Takes down what is left. */
  readonly cleanup: string;
}

/** Why `omi copy` has not done all that it was asked for: the regions without a copy, or what could not be taken down. */
export function copyFailure({ copies, isSomethingLeft }: CopiedOmi, commands: CopyCommands): ChrootError | undefined {
  const failed = copies.flatMap((copy) => (copy.outcome === "copied" ? [] : [copy]));
  if (failed.length > 0) return failureOf(failed, commands);
  if (!isSomethingLeft) return undefined;
  return new LeftoverError("The copies are complete, but something else could not be taken down", {
    leftovers: [],
    hint: `Free what is named above, then run: ${commands.cleanup}`,
  });
}

/** Who has stopped it knows that; what went wrong before, not. */
function failureOf(failed: readonly FailedRegion[], { retry, cleanup }: CopyCommands): ChrootError {
  const regions = failed.map(({ region }) => region);
  const commands = { retry: retry(regions), cleanup };
  const cancelled = failed.find(({ error }) => error instanceof CancelledError);
  if (cancelled === undefined) return new RegionCopyError(failed, commands);
  const others = failed.filter(({ error }) => !(error instanceof CancelledError));
  const message = `${messageOf(cancelled.error)}: there is no copy in ${regions.join(", ")}`;
  const reason = others.length === 0 ? "" : `. ${messageOf(new RegionCopyError(others, commands))}`;
  return new CancelledError(`${message}${reason}`, {
    hint: `${leftThere(failed, commands)}. To finish it: ${commands.retry}`,
  });
}
