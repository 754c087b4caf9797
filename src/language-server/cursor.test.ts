import { describe, expect, it } from "vitest";
import { cursorAt } from "./cursor.ts";

/** The cursor where `|` is. */
function at(marked: string) {
  const offset = marked.indexOf("|");
  const text = marked.slice(0, offset) + marked.slice(offset + 1);
  const { blocks, place, word } = cursorAt(text, offset);
  const path = blocks.map(({ type, labels }) => [type, ...labels].join(" "));
  return { path, place, word: text.slice(word.start, word.end) };
}

describe("cursorAt()", () => {
  it.each([
    ["|", [], { kind: "name" }, ""],
    ["bui|ld", [], { kind: "name" }, "build"],
    ['source "a" "b" {\n  |\n}', ["source a b"], { kind: "name" }, ""],
    ['source "a" "b" {\n}\n|', [], { kind: "name" }, ""],
    ["source |", [], { kind: "label", step: { type: "source", labels: [] }, isQuoted: false }, ""],
    ['source "a" "b|', [], { kind: "label", step: { type: "source", labels: ["a"] }, isQuoted: true }, "b"],
    ['source "a-b c|" "d" {', [], { kind: "label", step: { type: "source", labels: [] }, isQuoted: true }, "a-b c"],
    ["a = |", [], { kind: "expression", option: "a", path: [] }, ""],
    ["a = var.re|gion", [], { kind: "expression", option: "a", path: ["var"] }, "region"],
    ["a = [data.x-y.|", [], { kind: "expression", option: "a", path: ["data", "x-y"] }, ""],
    ["a = f(1).|", [], { kind: "expression", option: "a", path: ["?"] }, ""],
    ['a = "te|xt"', [], { kind: "text", option: "a" }, "text"],
    ['a = "${var.|}"', [], { kind: "expression", option: "a", path: ["var"] }, ""],
    ['a = "x ${upper("|")}"', [], { kind: "text", option: "a" }, ""],
    ["a = <<EOT\n${local.|\nEOT\n", [], { kind: "expression", option: "a", path: ["local"] }, ""],
    ["a = {\n  b = |\n}", [], { kind: "expression", option: "a", path: [] }, ""],
    ["a = 1 # b|", [], { kind: "comment" }, ""],
    ["# a\n|", [], { kind: "name" }, ""],
    ['x "open\n|', ["x"].slice(1), { kind: "name" }, ""],
    ["}}}\nb {\n|", ["b"], { kind: "name" }, ""],
    ['a = "${)]}|', [], { kind: "text", option: "a" }, "${)]}"],
    ['a = "${("open\n|', [], { kind: "name" }, ""],
    ['a = <<EOT\n${f("open\n|', [], { kind: "expression", option: "a", path: [] }, ""],
  ])("of %j", (marked, path, place, word) => {
    expect(at(marked)).toEqual({ path, place, word });
  });
});
