import { randomBytes } from "node:crypto";
import type { Redis } from "ioredis";
import { FleetError, throwIfCancelled } from "../../common/errors.ts";

const PIECE_CHARACTERS = 1024 ** 2;
/** From its last piece on; the connection is taken for lost when a piece is not answered for far less. */
const UNFINISHED_SECONDS = 600;
/** A Redis that has lost its data once is there again; one that goes on losing them is no place for a file. */
const MOST_BEGINNINGS = 5;

/** Redis has this as EXPIRE ... GT from 7.0 on. */
const STAY = `
local left = redis.call("TTL", KEYS[1])
if left >= 0 and left < tonumber(ARGV[1]) then redis.call("EXPIRE", KEYS[1], ARGV[1]) end
return left == -2 and 0 or 1`;

const GO = `
if redis.call("TTL", KEYS[1]) > tonumber(ARGV[1]) then redis.call("EXPIRE", KEYS[1], ARGV[1]) end`;

/** Redis would have zeros in the place of what it has lost. A piece that is sent twice, as its answer was lost, is the same. */
const ADD = `
if redis.call("STRLEN", KEYS[1]) < tonumber(ARGV[1]) then return 0 end
redis.call("SETRANGE", KEYS[1], ARGV[1], ARGV[2])
redis.call("EXPIRE", KEYS[1], ARGV[3])
return 1`;

const FINISH = `
if redis.call("STRLEN", KEYS[1]) ~= tonumber(ARGV[1]) then return 0 end
redis.call("EXPIRE", KEYS[1], ARGV[2])
redis.call("RENAME", KEYS[1], KEYS[2])
return 1`;

interface PutInput {
  readonly key: string;
  /** Asked for when it is not there yet. */
  readonly seal: () => string;
  readonly seconds: number;
  /** Looked at before each piece. */
  readonly signal?: AbortSignal | undefined;
}

interface SendInput extends Omit<PutInput, "seal"> {
  readonly sealed: string;
}

/**
 * Stores a text, whole or not at all, if it is not there; it stays at least so long.
 * @throws {FleetError} when Redis loses it again and again
 * @throws {CancelledError} when the signal fires before it is whole
 */
export async function putContent(redis: Redis, { key, seal, seconds, signal }: PutInput): Promise<void> {
  let sealed: string | undefined;
  for (let beginning = 0; beginning <= MOST_BEGINNINGS; beginning++) {
    throwIfCancelled(signal);
    // It is there, too, when the answer to the last step was lost, and that was done twice.
    if (await keepContent(redis, key, seconds)) return;
    sealed ??= seal();
    if (await sendContent(redis, { key, sealed, seconds, signal })) return;
  }
  throw new FleetError("The queue loses what it is given", {
    hint: "it needs a Redis that removes nothing by itself (maxmemory-policy noeviction) and is not restarted all the time",
  });
}

/**
 * Nothing of it stays unless all of it does: a Redis that refuses a piece has no room for those before it.
 * @returns whether it is known to be there: Redis may have lost what it had of it
 */
async function sendContent(redis: Redis, { key, sealed, seconds, signal }: SendInput): Promise<boolean> {
  const unfinished = `${key}:${randomBytes(8).toString("hex")}`;
  let isWhole = false;
  try {
    isWhole =
      (await sendPieces(redis, unfinished, { sealed, signal })) &&
      (await redis.eval(FINISH, 2, unfinished, key, sealed.length, seconds)) === 1;
    return isWhole;
  } finally {
    // Where this is refused, too, its time ends by itself.
    if (!isWhole) await redis.unlink(unfinished).catch(() => undefined);
  }
}

/**
 * Each piece is answered: a connection on which nothing comes back for long is taken for lost.
 * @returns whether Redis has lost nothing of it so far
 */
async function sendPieces(
  redis: Redis,
  unfinished: string,
  { sealed, signal }: Pick<SendInput, "sealed" | "signal">,
): Promise<boolean> {
  for (let offset = 0; offset < sealed.length; offset += PIECE_CHARACTERS) {
    throwIfCancelled(signal);
    const piece = sealed.slice(offset, offset + PIECE_CHARACTERS);
    if ((await redis.eval(ADD, 1, unfinished, offset, piece, UNFINISHED_SECONDS)) !== 1) return false;
  }
  return true;
}

/** @returns whether it is there; it stays at least so long then */
export async function keepContent(redis: Redis, key: string, seconds: number): Promise<boolean> {
  return (await redis.eval(STAY, 1, key, seconds)) === 1;
}

/** It stays so long at most, from now on. */
export async function releaseContent(redis: Redis, key: string, seconds: number): Promise<void> {
  await redis.eval(GO, 1, key, seconds);
}
