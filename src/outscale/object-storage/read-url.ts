import { buffer } from "node:stream/consumers";
import { throwIfCancelled } from "../../common/errors.ts";
import { timeLimit } from "../../common/time-limit.ts";
import { connectionsTo } from "../transport.ts";

export interface ReadUrlOptions {
  /** Where the proxy variables are read. */
  readonly env: NodeJS.ProcessEnv;
  /** What is longer is not read. */
  readonly mostBytes: number;
  readonly signal: AbortSignal;
}

const DEADLINE_MS = 10_000;

/**
 * What is at a URL, such as one that is pre-signed. Undefined when it cannot be read from here, or is longer: whoever it is
 * for may read it all the same.
 * @throws {CancelledError}
 */
export async function readUrl(url: string, { env, mostBytes, signal }: ReadUrlOptions): Promise<Buffer | undefined> {
  const { origin, pathname, search } = new URL(url);
  const access = { insecureSkipTlsVerify: false };
  const connections = connectionsTo({ baseUrl: origin }, { access, env, limits: { maxResponseSize: mostBytes } });
  using limit = timeLimit(DEADLINE_MS, signal);
  try {
    const dispatcher = await connections.dispatcher();
    const { signal: stop } = limit;
    const answer = await dispatcher.request({ origin, path: `${pathname}${search}`, method: "GET", signal: stop });
    return answer.statusCode === 200 ? await buffer(answer.body) : undefined;
  } catch {
    throwIfCancelled(signal);
    return undefined;
  } finally {
    await connections.destroy();
  }
}
