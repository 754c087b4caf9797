import { describe, expect, it } from "vitest";
import { graphemes } from "../../common/graphemes.ts";
import { SourceFile } from "./source-file.ts";

describe("SourceFile", () => {
  it("offsetOf() is the way back from locate()", () => {
    const text = 'a = "e\u0301t\u0301é 👨‍👩‍👧"\r\n\r\n🇫🇷b\n\tlast';
    const source = new SourceFile("t", text);
    let offset = 0;
    for (const character of graphemes(text)) {
      // A line end is behind the line.
      if (!character.includes("\n")) expect(source.offsetOf(source.locate(offset))).toBe(offset);
      offset += character.length;
    }
    expect(source.offsetOf(source.locate(text.length))).toBe(text.length);
  });

  it.each([
    [1, 100, 3],
    [2, 3, 5],
    [9, 1, 8],
  ])("offsetOf() leaves no line: line %i, column %i", (line, column, offset) => {
    expect(new SourceFile("t", "abc\nd\n\r\n").offsetOf({ line, column })).toBe(offset);
  });
});
