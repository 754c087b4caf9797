import type { JsonObject } from "./journal/entry.ts";
import { readMade } from "./made.ts";
import { Proof } from "./proof.ts";
import type { Held, ReleaseContext, ResourceKind } from "./resource-kind.ts";
import { unfinished } from "./unfinished.ts";

/**
 * Releases what a scope holds, and sees that it is gone.
 * @param enough Once it has fired, what the service has accepted to remove is not waited for any longer
 * @returns false when it was accepted to be removed, and was not seen to be gone when that was `enough`
 */
export async function releaseHeld<Intent extends JsonObject, Facts extends JsonObject>(
  context: ReleaseContext,
  kind: ResourceKind<Intent, Facts>,
  held: Held<Intent, Facts>,
  enough: AbortSignal,
): Promise<boolean> {
  using proof = new Proof(context.signal, enough);
  const onAccepted = () => proof.begin();
  try {
    await kind.release({ ...context, signal: proof.signal }, { ...held, onAccepted });
    return true;
  } catch (error) {
    if (!proof.isCutShort) throw error;
    // It has had the time that the rest took: a last look costs less than a later one.
    return (await kind.isGone?.(context, held.id).catch(() => false)) ?? false;
  }
}

/** Looks for what a call without an answer may have made, and releases it. */
export async function releaseInDoubt<Intent extends JsonObject, Facts extends JsonObject>(
  context: ReleaseContext,
  kind: ResourceKind<Intent, Facts>,
  { intent, madeAt }: Pick<Held<Intent, Facts>, "intent" | "madeAt">,
): Promise<void> {
  const made = { what: unfinished(kind.name), madeAt };
  const id = await readMade(context, made, () => kind.find(context, intent));
  if (id !== undefined) await kind.release(context, { id, intent, facts: {}, madeAt });
}
