import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tokenize } from "./lexer.ts";

function types(text: string, start: "code" | "template" = "code"): string {
  return tokenize(text, start)
    .map(({ type, start: from, end }) =>
      /^[a-z]/.test(type) && end > from ? `${type}(${text.slice(from, end)})` : type,
    )
    .join(" ")
    .replace(/\n/g, "\\n");
}

describe("tokenize()", () => {
  it.each([
    ["", "end-of-file"],
    [" \t ", "end-of-file"],
    ["a = 1", "identifier(a) = number(1) end-of-file"],
    ["a-b -c", "identifier(a-b) - identifier(c) end-of-file"],
    [
      "1.5 1. 1..2 1e3 1e 1.e3",
      "number(1.5) number(1) . number(1..2) number(1e3) number(1) identifier(e) number(1.e3) end-of-file",
    ],
    ["1...", "number(1) ... end-of-file"],
    ["== != >= <= && || => ... ::", "== != >= <= && || => ... :: end-of-file"],
    ["[](){}.,*/%+-=<>!?:", "[ ] ( ) { } . , * / % + - = < > ! ? : end-of-file"],
    [
      "# a\n// b\n/* c\n */ d",
      "comment(# a) newline(\\n) comment(// b) newline(\\n) comment(/* c\\n */) identifier(d) end-of-file",
    ],
    ["/* a */ */", "comment(/* a */) * / end-of-file"],
    ['""', 'quote(") end-quote(") end-of-file'],
    ['"a\\"b"', 'quote(") text(a\\"b) end-quote(") end-of-file'],
    ['"a${b}c"', 'quote(") text(a) interpolation(${) identifier(b) end-sequence(}) text(c) end-quote(") end-of-file'],
    [
      '"${~ {a={}} ~}"',
      'quote(") interpolation(${~) { identifier(a) = { } } end-sequence(~}) end-quote(") end-of-file',
    ],
    ['"%{if}"', 'quote(") control(%{) identifier(if) end-sequence(}) end-quote(") end-of-file'],
    ['"$$${a}"', 'quote(") text($) text($${) text(a}) end-quote(") end-of-file'],
    ['"a', 'quote(") text(a) end-of-file'],
    ['"a\nb', 'quote(") text(a) text-newline newline(\\n) identifier(b) end-of-file'],
    ["<<A\nx\n A \n1", "heredoc(<<A\\n) text(x\\n) end-heredoc( A ) newline(\\n) number(1) end-of-file"],
    [
      "<<-A\n${x} A\nA\n",
      "heredoc(<<-A\\n) interpolation(${) identifier(x) end-sequence(}) text( A\\n) end-heredoc(A) newline(\\n) end-of-file",
    ],
    ["<< A\n", "< < identifier(A) newline(\\n) end-of-file"],
    ["<<A x\n", "< < identifier(A) identifier(x) newline(\\n) end-of-file"],
    ["😀@", "invalid(😀) invalid(@) end-of-file"],
    ["/* a", "invalid(/* a) end-of-file"],
  ])("%j", (text, expected) => {
    expect(types(text)).toBe(expected);
  });

  it("reads the text of a template without quotes", () => {
    expect(types('a "b"\n${c}', "template")).toBe(
      'text(a "b"\\n) interpolation(${) identifier(c) end-sequence(}) end-of-file',
    );
  });

  it("gives tokens in order that leave out nothing but spaces, for any text", () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom("${", "%{", "}", "{", '"', "\n", "\r\n", "<<A\n", "A\n", "/*", "*/", "#", "$$", "\\"),
    );
    fc.assert(
      fc.property(fc.array(piece), fc.constantFrom("code" as const, "template" as const), (pieces, start) => {
        const text = pieces.join("");
        let end = 0;
        for (const token of tokenize(text, start)) {
          const gap = text.slice(end, token.start);
          expect(gap === "\uFEFF" ? "" : gap).toMatch(start === "code" || gap.trim() === "" ? /^[ \t]*$/ : /^$/);
          end = token.end;
        }
        expect(end).toBe(text.replace(/[ \t]+$/, (spaces) => (text.slice(end, end + 1) === "" ? spaces : "")).length);
      }),
    );
  });
});
