/** One call, as it came in and went out. */
export interface LoggedRequest {
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  readonly action: string;
  /** Absent when the caller was not authenticated. */
  readonly accountId?: string;
  /** The body with its secrets replaced; absent when it is no JSON, or nobody's that we know. */
  readonly body?: unknown;
  /** The HTTP status; absent when the connection was dropped. */
  readonly status?: number;
  /** The code of the error that was answered. */
  readonly code?: string;
}

const KEPT = 20_000;
const SECRET_FIELDS = new Set(["Password", "SecretKey"]);

/** The last calls, for tests. */
export class RequestLog {
  readonly #entries: LoggedRequest[] = [];

  add(entry: LoggedRequest): void {
    this.#entries.push(entry);
    if (this.#entries.length > KEPT) this.#entries.shift();
  }

  get entries(): readonly LoggedRequest[] {
    return this.#entries;
  }
}

/** A body with the values of its secret fields replaced; undefined when it is no JSON. */
export function redactedBody(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"), (key, value) => (SECRET_FIELDS.has(key) ? "<sensitive>" : value));
  } catch {
    return undefined;
  }
}
