import type { Cloud } from "../cloud.ts";
import type { Verifier } from "./signed-request.ts";

/** By what a signature for this region's buckets is judged. */
export function verifierOf({ accounts, settings, faults }: Cloud): Verifier {
  const { region, strict: isStrict, clock } = settings;
  return { accounts, region, isStrict, nowMs: clock.now() + faults.skewMs };
}
