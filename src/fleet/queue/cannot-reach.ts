import { FleetError } from "../../common/errors.ts";
import { CA_VARIABLE, QUEUE_VARIABLE, type RedisAddress } from "./address.ts";
import { adviceFor, RefusalError } from "./refusal-error.ts";

/** That a queue cannot be reached at first: why, and what can be done. */
export function cannotReach({ shown, options }: RedisAddress, failure: unknown): FleetError {
  const { code = "", message } = failure as NodeJS.ErrnoException;
  if (failure instanceof RefusalError) {
    // What Redis says of it is about its protocol.
    const reason = failure.reason.startsWith("NOAUTH") ? "NOAUTH, it wants a password" : failure.reason;
    const hint = adviceFor(reason) ?? connectionAdvice(reason, false);
    return new FleetError(`Cannot reach the queue ${shown}`, { cause: new Error(reason), hint });
  }
  const hint = connectionAdvice(`${code} ${message}`, options.tls !== undefined);
  return new FleetError(`Cannot reach the queue ${shown}`, { cause: failure, hint });
}

function connectionAdvice(what: string, isTls: boolean): string {
  if (/SELF_SIGNED|CERT|UNABLE_TO/.test(what))
    return `${CA_VARIABLE} names a file with the certificate of its authority`;
  if (isTls && /SSL|ETIMEDOUT|ECONNRESET|EPIPE/.test(what))
    return "see whether a Redis listens there, with TLS: redis:// is without";
  if (/EACCES|EPERM/.test(what)) return "ask for the right to write to that socket";
  if (/DB index/.test(what)) return "the number at the end of the address is that of a database";
  return `see whether a Redis listens there; -queue or ${QUEUE_VARIABLE} names another, with rediss:// for TLS`;
}
