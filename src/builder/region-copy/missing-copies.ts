import type { RunRecord } from "../journal/read-journal.ts";
import type { Product } from "../publish-omi.ts";
import { finishCommand } from "./finish-command.ts";

/** Copies that a dead run has not made. */
export interface MissingCopies {
  readonly regions: readonly string[];
  /** The command that makes them. */
  readonly command: string;
}

/** An OMI that a dead run has left whole. */
export interface FoundProduct {
  readonly product: Product;
  /** Undefined when it is wherever it was to be. */
  readonly missing: MissingCopies | undefined;
}

type Copying = Pick<RunRecord, "header" | "product" | "copies" | "copied">;

/** The regions that were to have the product of a run, and have no copy of it. */
function missingCopies({ copies, copied }: Pick<Copying, "copies" | "copied">): readonly string[] {
  return copies?.regions.filter((region) => !copied.includes(region)) ?? [];
}

/** The command that makes the copies that a dead run has not made; undefined when nothing is missing. */
export function finishingCommand(run: Copying): string | undefined {
  const { header, product, copies: wish } = run;
  const regions = missingCopies(run);
  if (product === undefined || wish === undefined || regions.length === 0) return undefined;
  return finishCommand({ wish, imageId: product.imageId, regions, localCloud: header.localCloud });
}

/** The OMI that a run had made when it died; undefined when it had made none. */
export function foundProduct(run: Copying): FoundProduct | undefined {
  const command = finishingCommand(run);
  const missing = command === undefined ? undefined : { regions: missingCopies(run), command };
  return run.product && { product: run.product, missing };
}
