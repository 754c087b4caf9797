import { z } from "zod";
import type { JsonObject } from "../journal/entry.ts";
import type { Held, ReleaseContext, ResourceKind } from "../resource-kind.ts";
import { type Place, placeSchema } from "./place.ts";

/** A thing that is not in the run's own account. */
export type Elsewhere<Intent extends JsonObject> = { readonly place: Place; readonly thing: Intent };

/** The same kind of thing, in an account of another region. The journal says in which. */
export function elsewhere<Intent extends JsonObject, Facts extends JsonObject>(
  kind: ResourceKind<Intent, Facts>,
): ResourceKind<Elsewhere<Intent>, Facts> {
  return {
    name: `region-${kind.name}`,
    intent: z.strictObject({ place: placeSchema, thing: kind.intent }),
    facts: kind.facts,
    releaseLabel: (id, { place, thing }) => `${kind.releaseLabel(id, thing)} in ${place.region}`,
    find: async (context, { place, thing }) => kind.find(await contextAt(context, place), thing),
    release: async (context, { intent: { place, thing }, ...held }) => {
      const there: Held<Intent, Facts> = { ...held, intent: thing };
      return kind.release(await contextAt(context, place), there);
    },
  };
}

async function contextAt(context: ReleaseContext, place: Place): Promise<ReleaseContext> {
  const { api, waiters } = await context.regions.at(place);
  return { ...context, api, waiters, accountId: place.accountId };
}
