import { Queue } from "bullmq";
import type { Redis } from "ioredis";
import { FleetError } from "../../common/errors.ts";
import type { Purpose, Sealer } from "../seal/seal.ts";
import { noteEnded } from "./ended-jobs.ts";
import {
  type ControlMessage,
  controlSchema,
  type JobMessage,
  jobSchema,
  type SentResult,
  type WorkerMessage,
  workerSchema,
} from "./messages.ts";
import { KEY_PREFIX, type Place, queueOf } from "./place.ts";
import { keepContent, putContent, releaseContent } from "./stored-content.ts";
import { takeTurn } from "./turns.ts";

/** What BullMQ carries: the rest is under the seal. */
export interface JobData {
  readonly sealed: string;
}

/** Contents, output and results are kept so long, and so are jobs that have ended. */
export const KEPT_SECONDS = 7 * 24 * 3_600;
const MOST_ENDED_JOBS = 1_000;
export const MOST_CONTROLS = 10_000;
/** A worker that has not been heard of for so long is not there. */
const WORKER_SILENCE_MS = 60_000;

interface PutContentsOptions {
  readonly seconds?: number;
  readonly signal?: AbortSignal | undefined;
}

/** A wish of a submitter, with its place in the stream. */
export interface Control extends ControlMessage {
  readonly place: string;
  /** The job or the worker that it is for. */
  readonly subject: string;
}

/** The queue of one account and region: its jobs, their contents and results, its workers and what they are told. */
export class FleetQueue implements AsyncDisposable {
  readonly name: string;
  readonly place: Place;
  readonly redis: Redis;
  readonly jobs: Queue<JobData>;
  readonly #sealer: Sealer;

  constructor(place: Place, redis: Redis, sealer: Sealer) {
    this.place = place;
    this.name = queueOf(place);
    this.redis = redis;
    this.#sealer = sealer;
    this.jobs = new Queue(this.name, { connection: redis, prefix: KEY_PREFIX });
    // A connection that is lost is told of by whoever opened it.
    this.jobs.on("error", () => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.jobs.close();
  }

  keyOf(kind: string, subject?: string): string {
    return [KEY_PREFIX, "fleet", this.name, kind, ...(subject === undefined ? [] : [subject])].join(":");
  }

  /** Where BullMQ keeps its hold on a job. */
  lockOf(jobId: string): string {
    return `${this.jobs.toKey(jobId)}:lock`;
  }

  seal(content: Buffer | string, purpose: Purpose, subject: string, number = 0): string {
    return this.#sealer.seal(content, { purpose, queue: this.name, subject, number });
  }

  open(sealed: unknown, purpose: Purpose, subject: string, number = 0) {
    return this.#sealer.open(sealed, { purpose, queue: this.name, subject, number });
  }

  /** A piece of something large, in bytes. */
  sealBytes(content: Buffer, subject: string, number: number): Buffer {
    return this.#sealer.sealBytes(content, { purpose: "object", queue: this.name, subject, number });
  }

  /** @throws {FleetError} when the seal is not ours, or it is another piece */
  openBytes(sealed: Buffer, subject: string, number: number): Buffer {
    return this.#sealer.openBytes(sealed, { purpose: "object", queue: this.name, subject, number }).content;
  }

  /** @throws {FleetError} when the seal is not ours, or what is under it is nothing that we know */
  openJson(sealed: unknown, purpose: Purpose, subject: string, number = 0): { value: unknown; sealedAt: number } {
    const { content, sealedAt } = this.open(sealed, purpose, subject, number);
    return { value: JSON.parse(content.toString("utf8")), sealedAt };
  }

  addressOf(sha256: string): string {
    return this.#sealer.addressOf(sha256);
  }

  /** Puts the queue among those that are known. */
  async enlist(): Promise<void> {
    await this.redis.sadd(`${KEY_PREFIX}:fleet:queues`, this.name);
  }

  async submit(message: JobMessage): Promise<void> {
    await this.enlist();
    const turn = await takeTurn(this, message.standing);
    await this.addJob(message.id, this.seal(JSON.stringify(message), "job", message.id), turn);
  }

  /** @param turn When it is served; 0, before all others, is for one that had its turn already */
  async addJob(jobId: string, sealed: string, turn = 0): Promise<void> {
    const kept = { age: KEPT_SECONDS, count: MOST_ENDED_JOBS };
    const options = { jobId, attempts: 1, priority: turn, removeOnComplete: kept, removeOnFail: kept };
    await this.jobs.add("build", { sealed }, options);
  }

  /** The job as its submitter has sent it. @throws {FleetError} when somebody else has */
  readJob(jobId: string, data: unknown): { job: JobMessage; sealedAt: number } {
    const sealed = typeof data === "object" && data !== null && "sealed" in data ? data.sealed : undefined;
    const { value, sealedAt } = this.openJson(sealed, "job", jobId);
    const parsed = jobSchema.safeParse(value);
    if (!parsed.success || parsed.data.id !== jobId) {
      throw new FleetError(`The job ${jobId} cannot be read: it is of another version of outscale-chroot`, {
        hint: "submitters and workers should have the same version",
      });
    }
    return { job: parsed.data, sealedAt };
  }

  /** Of every job that a worker has, or had when it died. Unless it is told the end, the engine gives two. */
  activeJobIds(): Promise<string[]> {
    return this.jobs.getRanges(["active"], 0, -1);
  }

  /**
   * Stores what is not there yet; what is there stays longer.
   * @throws {CancelledError} when the signal fires: what is whole by then stays
   */
  async putContents(
    contents: ReadonlyMap<string, Buffer>,
    { seconds = KEPT_SECONDS, signal }: PutContentsOptions = {},
  ): Promise<void> {
    for (const [address, content] of contents) {
      const seal = () => this.seal(content, "content", address);
      await putContent(this.redis, { key: this.keyOf("content", address), seal, seconds, signal });
    }
  }

  /** @returns whether it is there; it stays at least so long then. What a schedule needs stays, however often a build submits the same. */
  keepContent(address: string, seconds: number): Promise<boolean> {
    return keepContent(this.redis, this.keyOf("content", address), seconds);
  }

  /** It stays so long at most, from now on. */
  releaseContent(address: string, seconds: number): Promise<void> {
    return releaseContent(this.redis, this.keyOf("content", address), seconds);
  }

  /** Undefined when it is not there any more. @throws {FleetError} when somebody else has sealed it */
  async readContent(address: string): Promise<Buffer | undefined> {
    const sealed = await this.redis.get(this.keyOf("content", address));
    return sealed === null ? undefined : this.open(sealed, "content", address).content;
  }

  /** Which run of a job begins, from 1: the pieces of its output come after those of the run before. */
  async countRun(jobId: string): Promise<number> {
    const key = this.keyOf("runs", jobId);
    const number = await this.redis.incr(key);
    await this.redis.expire(key, KEPT_SECONDS);
    return number;
  }

  async keepResult(jobId: string, result: SentResult): Promise<void> {
    const sealed = this.seal(JSON.stringify(result), "record", jobId);
    await this.redis.set(this.keyOf("result", jobId), sealed, "EX", KEPT_SECONDS);
    await noteEnded(this, jobId, { most: MOST_ENDED_JOBS, ageMs: KEPT_SECONDS * 1_000 });
  }

  /** What became of a job; undefined when it has not ended, or that is forgotten. */
  async readResult(jobId: string): Promise<SentResult | undefined> {
    const sealed = await this.redis.get(this.keyOf("result", jobId));
    // What opens with our key was written by one of ours.
    return sealed === null ? undefined : (this.openJson(sealed, "record", jobId).value as SentResult);
  }

  async tell(subject: string, message: ControlMessage): Promise<void> {
    const sealed = this.seal(JSON.stringify(message), "control", subject);
    await this.redis.xadd(this.keyOf("control"), "MAXLEN", "~", MOST_CONTROLS, "*", "for", subject, "sealed", sealed);
  }

  /** The wishes after a place in the stream; those of others than submitters are passed to `onRefused`. */
  readControls(entries: readonly [string, string[]][], onRefused: (error: unknown) => void): Control[] {
    return entries.flatMap(([place, fields]) => {
      const [, subject = "", , sealed] = fields;
      try {
        const { value } = this.openJson(sealed, "control", subject);
        return [{ place, subject, ...controlSchema.parse(value) }];
      } catch (error) {
        onRefused(error);
        return [];
      }
    });
  }

  /** The workers of the queue that have been heard of lately. */
  async readWorkers(now: number, silenceMs = WORKER_SILENCE_MS): Promise<readonly WorkerMessage[]> {
    const all = await this.redis.hgetall(this.keyOf("workers"));
    return Object.entries(all).flatMap(([id, sealed]) => {
      try {
        const { value, sealedAt } = this.openJson(sealed, "worker", id);
        return now - sealedAt > silenceMs ? [] : [workerSchema.parse(value)];
      } catch {
        // Of another fleet that shares the Redis, or forged: it is no worker of ours.
        return [];
      }
    });
  }
}
