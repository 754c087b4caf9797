import { describe, expect, it } from "vitest";
import { CancelledError } from "../../common/errors.ts";
import { putContent } from "./stored-content.ts";

const PIECES = 4;
const sealed = "x".repeat(PIECES * 1024 ** 2);
const input = { key: "content:aa", seal: () => sealed, seconds: 1_000 };

/** Does what the scripts of the store do, and tells of each piece before it is taken. */
class ScriptedRedis {
  readonly values = new Map<string, string>();
  readonly #onPiece: (piece: number) => void;
  #pieces = 0;

  constructor(onPiece: (piece: number) => void) {
    this.#onPiece = onPiece;
  }

  get pieces(): number {
    return this.#pieces;
  }

  async eval(script: string, _keys: number, key: string, ...args: readonly (string | number)[]): Promise<number> {
    if (script.includes("SETRANGE")) return this.#add(key, Number(args[0]), String(args[1]));
    if (script.includes("RENAME")) return this.#finish(key, String(args[0]), Number(args[1]));
    return this.values.has(key) ? 1 : 0;
  }

  async unlink(key: string): Promise<number> {
    return this.values.delete(key) ? 1 : 0;
  }

  #add(key: string, offset: number, piece: string): number {
    this.#onPiece(++this.#pieces);
    const held = this.values.get(key) ?? "";
    if (held.length < offset) return 0;
    this.values.set(key, held.slice(0, offset) + piece);
    return 1;
  }

  #finish(unfinished: string, key: string, length: number): number {
    const held = this.values.get(unfinished) ?? "";
    if (held.length !== length) return 0;
    this.values.delete(unfinished);
    this.values.set(key, held);
    return 1;
  }
}

describe("putContent()", () => {
  it("leaves nothing but the whole", async () => {
    const redis = new ScriptedRedis(() => undefined);
    await putContent(redis as never, input);
    expect([...redis.values]).toEqual([[input.key, sealed]]);
    expect(redis.pieces).toBe(PIECES);
  });

  it.each([1, 2, 3, 4])("leaves nothing when piece %d is refused", async (refused) => {
    const full = new Error("OOM command not allowed when used memory > 'maxmemory'");
    const redis = new ScriptedRedis((piece) => {
      if (piece === refused) throw full;
    });
    await expect(putContent(redis as never, input)).rejects.toBe(full);
    expect([...redis.values.keys()]).toEqual([]);
  });

  it("tells why a piece is refused when what was sent cannot be removed either", async () => {
    const readOnly = new Error("READONLY You can't write against a read only replica");
    const redis = new ScriptedRedis(() => {
      throw readOnly;
    });
    redis.unlink = () => Promise.reject(new Error("another one"));
    await expect(putContent(redis as never, input)).rejects.toBe(readOnly);
  });

  it("leaves nothing of a beginning of which Redis has lost the end", async () => {
    const redis = new ScriptedRedis((piece) => {
      if (piece !== 3) return;
      for (const [key, value] of redis.values) redis.values.set(key, value.slice(0, 1024 ** 2));
    });
    await putContent(redis as never, input);
    expect([...redis.values.keys()]).toEqual([input.key]);
  });

  it("leaves nothing when Redis loses the end of it again and again", async () => {
    const redis = new ScriptedRedis(() => {
      for (const [key, value] of redis.values) redis.values.set(key, value.slice(0, -1));
    });
    await expect(putContent(redis as never, input)).rejects.toThrow("The queue loses what it is given");
    expect([...redis.values.keys()]).toEqual([]);
  });

  it("sends no more and leaves nothing when the signal fires while a piece is sent", async () => {
    const [stop, reason] = [new AbortController(), new CancelledError("The build was stopped by SIGINT")];
    const redis = new ScriptedRedis(() => stop.abort(reason));
    await expect(putContent(redis as never, { ...input, signal: stop.signal })).rejects.toBe(reason);
    expect(redis.pieces).toBe(1);
    expect([...redis.values.keys()]).toEqual([]);
  });

  it("neither seals nor sends when the signal has fired", async () => {
    const redis = new ScriptedRedis(() => undefined);
    const seal = () => {
      throw new Error("Nothing is sealed");
    };
    const reason = new CancelledError();
    await expect(putContent(redis as never, { ...input, seal, signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
  });
});
