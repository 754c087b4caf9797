import { isErrno } from "../../common/errno.ts";
import { messageOf } from "../../common/errors.ts";
import { DirectHttp } from "../../outscale/direct-http.ts";
import { LocalCloudError } from "../local-cloud-error.ts";
import { CONTROL_PREFIX, type RunningServer } from "./running-server.ts";

interface SendInput {
  readonly operation: string;
  readonly given: unknown;
  readonly signal?: AbortSignal | undefined;
}

/** How long a server on a busy machine may take to accept a connection. */
const CONNECT_TIMEOUT_MS = 60_000;

/**
 * Has a server do an operation. There is no limit to how long that takes: an export may take hours, and the next call may
 * come tomorrow. Whoever took a server that works for one that has gone would go for its folder.
 * @returns undefined when the server has gone since, or is being emptied, and when the signal fired
 * @throws {LocalCloudError} what the server refuses with, or why it cannot be asked
 */
export async function send<Result>(server: Server, input: SendInput): Promise<Result | undefined> {
  const response = await post(server, input);
  if (response === undefined || response.status === 403 || response.status === 503) return undefined;
  const answer = parsed<Result>(response.text, server, input);
  if (answer.error !== undefined) throw new LocalCloudError(answer.error, { hint: answer.hint });
  return answer.result;
}

type Server = Pick<RunningServer, "url" | "token" | "pid">;

async function post(server: Server, input: SendInput): Promise<{ status: number; text: string } | undefined> {
  const { operation, given, signal = new AbortController().signal } = input;
  // Node's own client: fetch() gives a server five minutes to begin its answer.
  await using http = new DirectHttp({ connectTimeoutMs: CONNECT_TIMEOUT_MS, maxBytes: Number.POSITIVE_INFINITY });
  const headers = { authorization: `Bearer ${server.token}` };
  const body = JSON.stringify(given);
  try {
    const url = new URL(server.url + CONTROL_PREFIX + operation);
    return await http.request(url, { method: "POST", headers, body, signal });
  } catch (error) {
    if (signal.aborted || isErrno(error, ...GONE)) return undefined;
    throw failed(error, server, input);
  }
}

/** What becomes of a connection to a server that does not run, stops, or is killed. */
const GONE = ["ECONNREFUSED", "ECONNRESET", "EPIPE"];

interface Answer<Result> {
  readonly result: Result;
  readonly error?: string;
  readonly hint?: string;
}

function parsed<Result>(text: string, server: Server, input: SendInput): Answer<Result> {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw failed(error, server, input);
  }
}

function failed(cause: unknown, { url, pid }: Server, { operation }: SendInput): LocalCloudError {
  return new LocalCloudError(`The local cloud at "${url}" cannot be asked for ${operation}: ${messageOf(cause)}`, {
    cause,
    hint: `Process ${pid} is its server. Where that is another program by now, remove control.json from the state folder`,
  });
}
