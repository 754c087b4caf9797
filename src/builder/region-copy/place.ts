import { z } from "zod";

/** An account in a region, as a journal may name it: where its credentials come from, and not what they are. */
export const placeSchema = z.strictObject({
  region: z.string().min(1),
  accountId: z.string().min(1),
  /** The profile that has its credentials; null for the environment. */
  profile: z.string().min(1).nullable(),
});
export type Place = z.infer<typeof placeSchema>;
