import { EventEmitter, once } from "node:events";

/** One call, as it came in and went out. */
export interface LoggedRequest {
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  readonly action: string;
  /** Absent when the caller was not authenticated. */
  readonly accountId?: string;
  /** The body with its secrets replaced; absent when it is not JSON, large, or nobody's that we know. */
  readonly body?: unknown;
  /** The HTTP status; absent when the connection was dropped. */
  readonly status?: number;
  /** The code of the error that was answered. */
  readonly code?: string;
  /** How long it took. */
  readonly ms: number;
}

/** What is kept, at most: of a call's body, of all bodies together, and of calls. Texts take several times as much in memory. */
const LARGEST_BODY_BYTES = 16 * 1024;
const LARGEST_SUM_BYTES = 4 * 1024 * 1024;
const MOST_CALLS = 20_000;
const SECRET_FIELDS = new Set(["Password", "SecretKey"]);
/** A pre-signed URL opens what it names. */
const URL_FIELDS = new Set(["FileLocation", "OsuManifestUrl"]);
const SECRET = "<sensitive>";

/** The last calls, for tests and for whoever follows them live. */
export class RequestLog {
  readonly #entries: LoggedRequest[] = [];
  readonly #bodyBytes: number[] = [];
  #sum = 0;
  /** The number of the next call. */
  #next = 0;
  readonly #news = new EventEmitter().setMaxListeners(0);

  /** @param body As it came in; absent when the caller is not to have it kept */
  add(entry: Omit<LoggedRequest, "body">, body?: Buffer): void {
    const isKept = body !== undefined && body.length <= LARGEST_BODY_BYTES;
    this.#entries.push(isKept ? { ...entry, body: redactedBody(body) } : entry);
    this.#bodyBytes.push(isKept ? body.length : 0);
    this.#sum += isKept ? body.length : 0;
    this.#next++;
    this.#news.emit("call");
    while (this.#sum > LARGEST_SUM_BYTES || this.#entries.length > MOST_CALLS) this.#dropOldest();
  }

  get entries(): readonly LoggedRequest[] {
    return this.#entries;
  }

  /** The number that the next call will have. */
  get next(): number {
    return this.#next;
  }

  /**
   * The calls from a number on, as far as they are kept. When there are none yet, it waits for one.
   * @param signal Ends the wait, with no calls
   */
  async since(number: number, signal: AbortSignal): Promise<readonly LoggedRequest[]> {
    if (number >= this.#next && !signal.aborted) {
      await once(this.#news, "call", { signal }).catch(() => undefined);
    }
    return this.#entries.slice(Math.max(0, this.#entries.length - (this.#next - number)));
  }

  #dropOldest(): void {
    this.#entries.shift();
    this.#sum -= this.#bodyBytes.shift() ?? 0;
  }
}

/** A body without its secrets; undefined when it is not JSON. */
function redactedBody(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"), redacted);
  } catch {
    return undefined;
  }
}

function redacted(key: string, value: unknown): unknown {
  if (SECRET_FIELDS.has(key)) return SECRET;
  if (typeof value !== "string" || !(URL_FIELDS.has(key) || value.includes("://"))) return value;
  return value.replace(/\?\S+/g, `?${SECRET}`).replace(/\/\/[^/\s]*@/g, `//${SECRET}@`);
}
