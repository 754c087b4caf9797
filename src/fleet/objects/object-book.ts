import { randomBytes } from "node:crypto";
import { z } from "zod";
import type { ObjectPlace } from "../../outscale/object-storage/addresses.ts";
import { joinKey } from "../../outscale/object-storage/addresses.ts";
import type { FleetQueue } from "../queue/fleet-queue.ts";

/** Where contents go that are too large for the queue. */
export interface BundlePlace {
  readonly bucket: string;
  /** Objects are below it; empty for the bucket's top. */
  readonly prefix: string;
}

const bookedSchema = z.strictObject({
  name: z.string().regex(/^[0-9a-f]{32}$/),
  /** Of the content, as a manifest has it. */
  address: z.string(),
  bucket: z.string(),
  key: z.string(),
});

/** An object that holds, or is to hold, the content of a file. Its name is its own: what is sent again gets another. */
export type BookedObject = z.output<typeof bookedSchema> & ObjectPlace;

/** What was begun and not finished in this time is removed. */
const UPLOAD_SECONDS = 24 * 3_600;

/** Never sooner than it was kept before. */
const KEEP = `
local ends = redis.call("ZSCORE", KEYS[1], ARGV[1])
if not ends then return 0 end
if tonumber(ends) < tonumber(ARGV[2]) then redis.call("ZADD", KEYS[1], ARGV[2], ARGV[1]) end
return 1`;

const RELEASE = `
local ends = redis.call("ZSCORE", KEYS[1], ARGV[1])
if ends and tonumber(ends) > tonumber(ARGV[2]) then redis.call("ZADD", KEYS[1], ARGV[2], ARGV[1]) end`;

/** In one step: somebody may want it kept at this very moment. */
const TAKE = `
local ends = redis.call("ZSCORE", KEYS[1], ARGV[1])
if not ends or tonumber(ends) > tonumber(ARGV[2]) then return 0 end
redis.call("SADD", KEYS[2], ARGV[1])
redis.call("ZREM", KEYS[1], ARGV[1])
return 1`;

/** Another may have taken its place. */
const FORGET = `
if redis.call("HGET", KEYS[1], ARGV[1]) == ARGV[2] then redis.call("HDEL", KEYS[1], ARGV[1]) end`;

/**
 * What a queue knows of its objects: the bucket cannot be asked what is still needed, nor by whom. An object is noted before its
 * first byte is sent, so that one whose submitter died is found; it goes when its time is over, and under a name that nothing
 * else ever has, so that no removal meets what was sent since.
 */
export class ObjectBook {
  readonly #queue: FleetQueue;

  constructor(queue: FleetQueue) {
    this.#queue = queue;
  }

  /** Notes an object that is about to be sent. */
  async begin(address: string, { bucket, prefix }: BundlePlace): Promise<BookedObject> {
    const { redis } = this.#queue;
    const name = randomBytes(16).toString("hex");
    const object = { name, address, bucket, key: joinKey(prefix, this.#queue.name, name) };
    await redis.hset(this.#key("places"), name, this.#seal(object, name));
    await redis.zadd(this.#key("ends"), Date.now() + UPLOAD_SECONDS * 1_000, name);
    return object;
  }

  /** It is whole: from now on it is the one that holds its content. @returns false when it was removed meanwhile */
  async finish(object: BookedObject, seconds: number): Promise<boolean> {
    if (!(await this.keep(object.name, seconds))) return false;
    await this.#queue.redis.hset(this.#key("contents"), object.address, this.#seal(object, object.address));
    return true;
  }

  /** It is not wanted any more: the next trimming removes it. */
  async giveUp({ name }: BookedObject): Promise<void> {
    await this.#queue.redis.zadd(this.#key("ends"), "XX", 0, name);
  }

  /** The object that holds a content; undefined when none does, or somebody else has written it down. */
  async find(address: string): Promise<BookedObject | undefined> {
    return this.#open(await this.#queue.redis.hget(this.#key("contents"), address), address);
  }

  /** Has an object stay at least so long. @returns false when it is going, or gone */
  async keep(name: string, seconds: number): Promise<boolean> {
    const ends = Date.now() + seconds * 1_000;
    return (await this.#queue.redis.eval(KEEP, 1, this.#key("ends"), name, ends)) === 1;
  }

  /** Has an object stay so long at most, from now on. */
  async release(name: string, seconds: number): Promise<void> {
    await this.#queue.redis.eval(RELEASE, 1, this.#key("ends"), name, Date.now() + seconds * 1_000);
  }

  /** The names of those whose time is over. */
  async over(now: number): Promise<readonly string[]> {
    return this.#queue.redis.zrangebyscore(this.#key("ends"), "-inf", String(now));
  }

  /** Nobody can have it kept any more. */
  async take(name: string, now: number): Promise<void> {
    await this.#queue.redis.eval(TAKE, 2, this.#key("ends"), this.#key("going"), name, now);
  }

  /** The names of those that are to be removed, by whomever they were taken: he may be dead. */
  async going(): Promise<readonly string[]> {
    return this.#queue.redis.smembers(this.#key("going"));
  }

  /** What a name stands for; undefined when it was noted with another key, by another fleet for instance, or by nobody of ours. */
  async read(name: string): Promise<BookedObject | undefined> {
    return this.#open(await this.#queue.redis.hget(this.#key("places"), name), name);
  }

  /** It is removed. */
  async forget({ name, address }: BookedObject): Promise<void> {
    const { redis } = this.#queue;
    const sealed = await redis.hget(this.#key("contents"), address);
    if (sealed !== null && this.#open(sealed, address)?.name === name)
      await redis.eval(FORGET, 1, this.#key("contents"), address, sealed);
    await redis.hdel(this.#key("places"), name);
    await redis.srem(this.#key("going"), name);
  }

  #key(kind: "ends" | "going" | "places" | "contents"): string {
    return this.#queue.keyOf("objects", kind);
  }

  #seal(object: BookedObject, subject: string): string {
    return this.#queue.seal(JSON.stringify(object), "record", `object.${subject}`);
  }

  #open(sealed: string | null, subject: string): BookedObject | undefined {
    if (sealed === null) return undefined;
    try {
      const { value } = this.#queue.openJson(sealed, "record", `object.${subject}`);
      return bookedSchema.parse(value);
    } catch {
      return undefined;
    }
  }
}
