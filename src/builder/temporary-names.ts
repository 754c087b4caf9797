import { LONGEST_OMI_NAME } from "../config/omi-name.ts";
import { cleanOmiName } from "../go-template/packer-functions.ts";

/** The name under which a replacement is rehearsed: within the service's length, and no other build's. */
export function rehearsalName(omiName: string, runId: string): string {
  return withSuffix(omiName, `-${runId}`);
}

/** The name of a temporary copy of a source OMI: within the service's alphabet and length, and no other build's. */
export function copyName(sourceName: string, runId: string): string {
  return withSuffix(cleanOmiName(sourceName), `-copy-${runId}`);
}

/** The name under which an OMI is imported in another region, until it is complete. */
export function importName(omiName: string, runId: string): string {
  return withSuffix(omiName, `-import-${runId}`);
}

/**
 * A run's id for what each try of a step makes anew: what the one before has left, or the service still does for it, is not taken
 * for the next one's.
 * @param attempt Counted from 1
 */
export function attemptId(runId: string, attempt = 1): string {
  return attempt === 1 ? runId : `${runId}-${attempt}`;
}

function withSuffix(name: string, suffix: string): string {
  return name.slice(0, LONGEST_OMI_NAME - suffix.length) + suffix;
}
