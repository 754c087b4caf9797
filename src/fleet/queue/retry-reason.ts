import { FleetError } from "../../common/errors.ts";
import { apiFailureOf, isThrottleFailure, WaitTimeoutError } from "../../outscale/errors.ts";
import { storageFailureOf } from "../../outscale/object-storage/storage-error.ts";

/** Why a build that failed may well go right the next time. */
export type RetryReason = "throttling" | "quota" | "network" | "service" | "worker";

/** What a person is told of it. */
export const retryReasonText: Readonly<Record<RetryReason, string>> = {
  throttling: "the service asks for fewer calls",
  quota: "a quota of the account, or the service's capacity, is used up",
  network: "the service could not be reached",
  service: "the service failed",
  worker: "its process was lost",
};

/** The process of a build is gone, and nobody knows why: out of memory, or killed. */
export class LostProcessError extends FleetError {}

type Verdict = "never" | RetryReason | ((error: unknown) => RetryReason | undefined);

/**
 * Every code of an error, and whether its build is worth trying again. What a template, its provisioners or a person have
 * brought about, and what this machine lacks, stays as it is.
 */
export const retryTable: Readonly<Record<string, Verdict>> = {
  E_API: (error) => apiReason(error),
  E_STORAGE: (error) => statusReason(storageFailureOf(error)?.httpStatus),
  E_METADATA: "network",
  E_WAIT: "service",
  E_TIMEOUT: (error) => (error instanceof WaitTimeoutError ? "service" : undefined),
  E_FLEET: (error) => (error instanceof LostProcessError ? "worker" : undefined),
  E_AUTH: "never",
  E_BOOT_CHECK: "never",
  E_BUG: "never",
  E_CANCELLED: "never",
  E_COMMAND: "never",
  E_CONFIG: "never",
  E_DEVICE: "never",
  E_IMAGE_CHECK: "never",
  E_INTERPOLATION: "never",
  E_JOURNAL: "never",
  E_LEFTOVER: "never",
  E_LOCAL_CLOUD: "never",
  E_MISSING_PROGRAM: "never",
  E_MOUNT: "never",
  E_PACKER_CONNECTION: "never",
  E_PACKER_PROTOCOL: "never",
  E_PACKER_REMOTE: "never",
  E_POST_PROCESS: "never",
  E_PROVENANCE: "never",
  E_PROVISION: "never",
  E_RECORD: "never",
  E_REGION_COPY: "never",
  E_RESULT_FILE: "never",
  E_SANDBOX: "never",
  E_SYSTEM: "never",
  E_TEMPLATE: "never",
  E_TRANSFER: "never",
  E_USAGE: "never",
};

/** @param code Of the error, as it is sent. @returns undefined when it would only fail again */
export function retryReasonOf(code: string, error: unknown): RetryReason | undefined {
  const verdict = retryTable[code] ?? "never";
  if (typeof verdict === "function") return verdict(error);
  return verdict === "never" ? undefined : verdict;
}

function apiReason(error: unknown): RetryReason | undefined {
  const failure = apiFailureOf(error);
  if (failure === undefined) return undefined;
  if (isThrottleFailure(failure)) return "throttling";
  const code = Number(failure.apiCode);
  // TooManyResources: quotas, and capacity, too.
  if (code >= 10_000 && code <= 10_999) return "quota";
  return statusReason(failure.httpStatus);
}

function statusReason(status: number | undefined): RetryReason | undefined {
  if (status === undefined) return "network";
  if (status === 429) return "throttling";
  return status >= 500 ? "service" : undefined;
}
