import { isAmbiguous, isConflict } from "../outscale/errors.ts";
import type { JsonObject } from "./journal/entry.ts";
import { releaseDeadline } from "./release-deadline.ts";
import type { ResourceKind } from "./resource-kind.ts";
import type { RunContext } from "./run-context.ts";

const CREATE_ATTEMPTS = 4;

/**
 * Creates a resource of which there must never be two: when the answer is lost, what the call has made is looked up
 * before it is tried again. It runs to its answer even when the build is cancelled meanwhile.
 * @returns the id of what was made
 */
export async function createOnce<Intent extends JsonObject, Facts extends JsonObject>(
  context: RunContext,
  kind: ResourceKind<Intent, Facts>,
  intent: Intent,
  create: () => Promise<string>,
): Promise<string> {
  let doubt: unknown;
  for (let attempt = 1; ; attempt++) {
    try {
      return await create();
    } catch (error) {
      // After a lost answer a conflict may be our own first try, seen late.
      const unclear = isAmbiguous(error) || (doubt !== undefined && isConflict(error));
      if (!unclear) throw doubt === undefined ? error : doubtful(error, doubt);
      doubt ??= error;
      using deadline = releaseDeadline(context.hurry);
      const id = await kind.find({ ...context, signal: deadline.signal }, intent).catch((failure: unknown) => {
        // A look that fails says nothing of what the call has made.
        throw doubtful(failure, doubt);
      });
      if (id !== undefined) return id;
      if (attempt === CREATE_ATTEMPTS) throw doubt;
      await context.clock.sleep(250 * 2 ** attempt);
    }
  }
}

/** What came after it failed for a clear reason, but the first try may have had an effect: that doubt must not get lost. */
function doubtful(error: unknown, doubt: unknown): unknown {
  if (doubt instanceof Error && error instanceof Error) doubt.cause ??= error;
  return doubt;
}
