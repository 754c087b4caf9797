import { Worker } from "node:worker_threads";
import { withinBounds } from "../common/bounded-thread.ts";
import type { CompareInput } from "./compare-images.ts";
import type { ImageDiff } from "./image-diff.ts";
import type { ImageContents, ScanInput } from "./scan-image.ts";
import { ScanJob, type ScanRequest, type Side } from "./scan-job.ts";

/** What the thread answers. Errors lose their class between threads, so their text goes. */
export type ScanAnswer =
  | { readonly id: number; readonly result: ImageContents | ImageDiff }
  | { readonly id: number; readonly failure: string };

type Do = (request: ScanRequest) => Promise<ImageContents | ImageDiff>;

/** A cold volume of millions of files takes minutes: what takes longer has no end. */
const LONGEST_MS = 3_600_000;

/**
 * Scans and compares images in a thread of its own, so that builds, their output and their signals go on meanwhile.
 *
 * In a release the thread is `scan-worker.js`, which the bundler emits as an entry of its own. Node cannot start a thread from
 * TypeScript, so where the sources run as they are, in tests, the work is done in this thread.
 *
 * The thread ends when the signal fires, or with a question that takes an hour; what is asked afterwards is refused.
 */
export class ImageScans implements AsyncDisposable {
  readonly #do: Do;
  readonly #stop: () => Promise<unknown>;

  constructor({ signal }: { readonly signal?: AbortSignal | undefined } = {}) {
    if (import.meta.url.endsWith(".ts")) {
      const job = new ScanJob();
      this.#do = (request) => job.do(request);
      this.#stop = async () => undefined;
    } else {
      const worker = new Worker(new URL("./scan-worker.js", import.meta.url));
      this.#do = askWorker(worker, signal);
      this.#stop = () => worker.terminate();
    }
  }

  scan(side: Side, input: ScanInput): Promise<ImageContents> {
    return this.#do({ type: "scan", side, input }) as Promise<ImageContents>;
  }

  /** There was nothing on that side: an image from scratch. */
  scanNothing(side: Side, root: string): Promise<ImageContents> {
    return this.#do({ type: "scan-nothing", side, root }) as Promise<ImageContents>;
  }

  compare(input: CompareInput): Promise<ImageDiff> {
    return this.#do({ type: "compare", input }) as Promise<ImageDiff>;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop();
  }
}

function askWorker(worker: Worker, signal: AbortSignal | undefined): Do {
  const waiting = new Map<number, { resolve(value: ImageContents | ImageDiff): void; reject(error: Error): void }>();
  let ids = 0;
  let ended: Error | undefined;
  worker.unref();
  const failAll = (error: Error) => {
    ended ??= error;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  worker.on("message", (answer: ScanAnswer) => {
    const asked = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ("result" in answer) asked?.resolve(answer.result);
    else asked?.reject(new Error(answer.failure));
    if (waiting.size === 0) worker.unref();
  });
  worker.on("error", failAll);
  worker.on("exit", (code) => failAll(new Error(`The thread that looks at images has ended (exit code ${code})`)));
  return (request) => {
    const answer = new Promise<ImageContents | ImageDiff>((resolve, reject) => {
      if (ended !== undefined) return reject(ended); // nobody would ever answer
      const id = ++ids;
      waiting.set(id, { resolve, reject });
      worker.ref();
      worker.postMessage({ id, request });
    });
    return withinBounds(worker, answer, { signal, longestMs: LONGEST_MS });
  };
}
