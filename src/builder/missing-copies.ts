import { finishCommand } from "./finish-command.ts";
import type { RunRecord } from "./journal/read-journal.ts";

type Copying = Pick<RunRecord, "header" | "product" | "copies" | "copied">;

/** The regions that were to have the product of a run, and have no copy of it. */
export function missingCopies({ copies, copied }: Pick<Copying, "copies" | "copied">): readonly string[] {
  return copies?.regions.filter((region) => !copied.includes(region)) ?? [];
}

/** The command that makes the copies that a dead run has not made; undefined when nothing is missing. */
export function finishingCommand(run: Copying): string | undefined {
  const { header, product, copies: wish } = run;
  const regions = missingCopies(run);
  if (product === undefined || wish === undefined || regions.length === 0) return undefined;
  return finishCommand({ wish, imageId: product.imageId, regions, localCloud: header.localCloud });
}
