import type { FleetQueue } from "./fleet-queue.ts";
import type { OutputNews } from "./output-news.ts";
import { type OutputPart, OutputReader } from "./output-reader.ts";

/** The output of a job as it comes, from its beginning. */
export class FollowedOutput implements Disposable {
  readonly #reader: OutputReader;
  #stopListening: () => void = () => undefined;
  /** There is something that was not read, or nobody has looked yet. */
  #isNew = true;
  #wake: (() => void) | undefined;

  private constructor(queue: FleetQueue, jobId: string) {
    this.#reader = new OutputReader(queue, jobId);
  }

  static async open(queue: FleetQueue, jobId: string, news: OutputNews): Promise<FollowedOutput> {
    const output = new FollowedOutput(queue, jobId);
    output.#stopListening = await news.listen(queue.keyOf("output", jobId), () => output.look());
    return output;
  }

  /** What is new; waits for it as long as is said, and comes back with what there is then. */
  async next(waitMs: number): Promise<OutputPart> {
    if (!this.#isNew) await this.#news(waitMs);
    this.#isNew = false;
    const part = await this.#reader.read();
    if (part.isCutOff) this.#isNew = true;
    return part;
  }

  /** Ends the wait of now, or keeps the next one from beginning. */
  look(): void {
    this.#isNew = true;
    this.#wake?.();
  }

  #news(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
      const timer = setTimeout(wake, waitMs);
      this.#wake = wake;
    });
  }

  [Symbol.dispose](): void {
    this.#stopListening();
    this.#wake?.();
  }
}
