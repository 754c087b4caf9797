import { throwIfCancelled } from "../common/errors.ts";
import { timeLimit } from "../common/time-limit.ts";
import { DirectHttp } from "./direct-http.ts";
import { MetadataError } from "./errors.ts";

export interface MetadataOptions {
  /** Base URL of the service, without `/latest/meta-data`. */
  readonly endpoint?: string | undefined;
  /** Until the whole answer is there. */
  readonly answerTimeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Where every VM reaches its own metadata. */
const METADATA_ENDPOINT = "http://169.254.169.254";
/** Where there is no such service, nobody is to wait long for it. */
const CONNECT_TIMEOUT_MS = 3_000;
/** Where there is one, it answers; a machine with many builds may hear it late. */
const ANSWER_TIMEOUT_MS = 60_000;
/** User data, the longest value, has 500 KiB at most; nothing but the address says who answers. */
const MAX_BYTES = 1024 * 1024;
const HINT =
  "A build runs on an OUTSCALE VM. Where its metadata service does not answer, set vm_id, with skip_metadata_api_check = true; " +
  "where it has another address, metadata_endpoint. On a machine that is no OUTSCALE VM, build with --local";

/**
 * One value of this VM's metadata, such as `placement/availability-zone`.
 *
 * Never through a proxy: the service answers each VM about itself.
 * @throws {MetadataError} when no answer comes in time, or another one than 200
 */
export async function readMetadata(key: string, options: MetadataOptions = {}): Promise<string> {
  const { endpoint = METADATA_ENDPOINT, answerTimeoutMs = ANSWER_TIMEOUT_MS, signal } = options;
  throwIfCancelled(signal);
  const url = `${endpoint.replace(/\/+$/, "")}/latest/meta-data/${key}`;
  using limit = timeLimit(answerTimeoutMs, signal);
  try {
    await using http = new DirectHttp({ connectTimeoutMs: CONNECT_TIMEOUT_MS, maxBytes: MAX_BYTES });
    const { status, text } = await http.request(new URL(url), { method: "GET", signal: limit.signal });
    if (status !== 200)
      throw new MetadataError(`Cannot read "${url}": ${describeAnswer(status, text)}`, { hint: HINT });
    return text.trim();
  } catch (error) {
    if (error instanceof MetadataError) throw error;
    throwIfCancelled(signal);
    const cause = limit.hasPassed ? new Error(`no answer within ${answerTimeoutMs} ms`) : error;
    throw new MetadataError(`Cannot read "${url}"`, { cause, hint: HINT });
  }
}

/** A short text says why; a page says nothing. */
function describeAnswer(status: number, text: string): string {
  const isReason = /^[\x20-\x7e]{1,200}$/.test(text) && !text.startsWith("<");
  return isReason ? `HTTP ${status}: ${text}` : `HTTP ${status}`;
}

/**
 * The id of the VM that this runs on.
 *
 * @throws {MetadataError} as {@link readMetadata}, or when what answers is no VM id
 */
export async function readVmId(options: MetadataOptions = {}): Promise<string> {
  const id = await readMetadata("instance-id", options);
  if (/^i-[0-9a-f]+$/.test(id)) return id;
  const shown = id.length > 80 ? `${id.slice(0, 80)}...` : id;
  throw new MetadataError(`The metadata service answered "${shown}", which is not the id of an OUTSCALE VM`, {
    hint: HINT,
  });
}
