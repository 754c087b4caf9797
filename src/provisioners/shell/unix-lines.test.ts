import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { unixLines } from "./unix-lines.ts";

const convert = (...chunks: readonly string[]) =>
  text(Readable.from(chunks.map((chunk) => Buffer.from(chunk))).pipe(unixLines()));

describe("unixLines()", () => {
  it.each([
    [["a\r\nb\r\n"], "a\nb\n"],
    [["a\r", "\nb"], "a\nb\n"],
    [["a\rb\n"], "a\rb\n"],
    [["a\r\r\n"], "a\r\n"],
    [["a\r"], "a\n"],
    [["a"], "a\n"],
    [[], ""],
  ])("%j is %j", async (chunks, expected) => expect(await convert(...chunks)).toBe(expected));
});
