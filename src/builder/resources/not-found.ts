import { isNotFound } from "../../outscale/errors.ts";

/** What is gone already needs no deletion: a lost answer, or somebody who was faster. */
export async function ignoreNotFound(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
