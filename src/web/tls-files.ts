import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { messageOf, UsageError } from "../common/errors.ts";

/** A certificate with its chain, and its key, as PEM. */
export interface Tls {
  readonly cert: string;
  readonly key: string;
}

/**
 * Reads both files.
 * @throws {UsageError} when one of them is not given, cannot be read, or they do not belong together
 */
export function readTls(certFile: string | undefined, keyFile: string | undefined): Tls | undefined {
  if (certFile === undefined && keyFile === undefined) return undefined;
  if (certFile === undefined || keyFile === undefined)
    throw new UsageError("-tls-cert and -tls-key belong together: one of them is missing");
  try {
    const tls = { cert: readFileSync(certFile, "utf8"), key: readFileSync(keyFile, "utf8") };
    createSecureContext(tls);
    return tls;
  } catch (error) {
    throw new UsageError(`The certificate "${certFile}" cannot be used with the key "${keyFile}": ${messageOf(error)}`);
  }
}
