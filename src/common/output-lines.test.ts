import { describe, expect, it } from "vitest";
import { OutputLines } from "./output-lines.ts";

function linesOf(...chunks: readonly (string | Buffer)[]): string[] {
  const lines: string[] = [];
  const stream = new OutputLines((line) => lines.push(line));
  for (const chunk of chunks) stream.write(chunk);
  stream.flush();
  return lines;
}

describe("OutputLines", () => {
  it("gives lines however the chunks are cut", () => {
    expect(linesOf("on", "e\ntw", "o\n", "\nfour")).toEqual(["one", "two", "", "four"]);
    expect(linesOf("")).toEqual([]);
  });

  it("keeps a character that two chunks share", () => {
    const bytes = Buffer.from("é€\n");
    expect(linesOf(bytes.subarray(0, 1), bytes.subarray(1, 3), bytes.subarray(3))).toEqual(["é€"]);
  });

  it("shows bytes that are no UTF-8 as U+FFFD", () => {
    expect(linesOf(Buffer.from([0x61, 0xff, 0x62, 0x0a, 0xc3]))).toEqual(["a\uFFFDb", "\uFFFD"]);
  });

  it("leaves of a line what carriage returns do not overwrite", () => {
    expect(linesOf("10%\r20%\r100%\ndos\r\n")).toEqual(["100%", "dos"]);
    expect(linesOf("10%\r", "20%\r", "30%")).toEqual(["30%"]);
    expect(linesOf("dos\r", "\nnext\n")).toEqual(["dos", "next"]);
  });

  it("gives no escape sequence, also one that two chunks share", () => {
    expect(linesOf("a\u001b[", "2Jb\u001b]0;title\u0007c\n")).toEqual(["abc"]);
  });

  it("cuts a line that never ends into pieces, at a blank where there is one", () => {
    const word = `${"x".repeat(999)} `;
    const lines = linesOf(word.repeat(100), word.repeat(100));
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(32_768);
    expect(lines.join(" ").trimEnd()).toBe(word.repeat(200).trimEnd());
    expect(linesOf("y".repeat(70_000), "\n").join("")).toBe("y".repeat(70_000));
  });
});
