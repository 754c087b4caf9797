import { UsageError } from "../common/errors.ts";
import { isLocal, type ListenOn } from "./listen-on.ts";
import type { Tls } from "./tls-files.ts";

/** Where pages are served, and how whoever comes there says who he is. */
export interface Door {
  readonly listenOn: ListenOn;
  readonly tls: Tls | undefined;
  /** The header in which a reverse proxy says who looks; undefined for a token. */
  readonly authHeader: string | undefined;
  /** Names by which browsers reach the server, besides `localhost` and addresses: see `parseHostName`. */
  readonly names: readonly string[];
}

/** @throws {UsageError} for a door that would let in whom nobody means */
export function checkDoor({ listenOn, tls, authHeader }: Door): void {
  if (authHeader !== undefined && !/^[A-Za-z][A-Za-z0-9-]*$/.test(authHeader))
    throw new UsageError(`-auth-header must be the name of a header, not "${authHeader}"`);
  if ("path" in listenOn || isLocal(listenOn)) return;
  const { host } = listenOn;
  if (authHeader !== undefined) {
    throw new UsageError(`-auth-header on ${host} would let in everybody who sends that header`, {
      hint: "listen on a Unix socket or a loopback address, which the reverse proxy alone reaches",
    });
  }
  if (tls === undefined) {
    throw new UsageError(`Everybody on the way could read along: ${host} can be reached from other machines`, {
      hint: "give -tls-cert and -tls-key, or listen on 127.0.0.1 and come through ssh -L",
    });
  }
}
