import type { OpenResource } from "./journal/read-journal.ts";
import { readMade } from "./made.ts";
import { releaseDeadline } from "./release-deadline.ts";
import type { RunContext } from "./run-context.ts";
import { unfinished } from "./unfinished.ts";

/**
 * Takes down what the journal of a dead run names.
 * @param madeAt When the run wrote its last entry: nothing of it was made later
 * @returns false when there was nothing: the intent was written, and nothing came of it
 */
export async function releaseRecorded(context: RunContext, resource: OpenResource, madeAt: number): Promise<boolean> {
  const { recorded } = resource;
  using deadline = releaseDeadline(context.hurry);
  const timed = { ...context, signal: deadline.signal };
  const made = { what: unfinished(resource.kind), madeAt };
  const id = resource.id ?? (await readMade(timed, made, () => recorded.find(timed)));
  if (id === undefined) return false;
  context.ui.message(`${recorded.label(id)}...`);
  await recorded.release(timed, id, madeAt);
  return true;
}
