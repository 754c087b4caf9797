import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { propertyRuns } from "../../../tests/support/suite/sample.ts";
import { type JsonNode, JsonSyntaxError, parseJsonTree } from "./json-tree.ts";

function toPlain(node: JsonNode): unknown {
  if (node.kind === "object") return Object.fromEntries(node.members.map(({ key, value }) => [key, toPlain(value)]));
  if (node.kind === "array") return node.items.map(toPlain);
  if (node.kind === "number") return Number(node.text);
  if (node.kind === "bool") return node.value;
  return node.kind === "string" ? node.text : null;
}

describe("parseJsonTree()", () => {
  it("reads what JSON.parse reads, and refuses what it refuses", () => {
    const pieces = fc.constantFrom(...'{ } [ ] , : " \\ 1 -0 01 1.5e3 .5 true false null \\u00e9 a \t \n'.split(" "));
    const text = fc.oneof(
      fc.json(),
      fc.array(pieces, { maxLength: 8 }).map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(text, (source) => {
        let expected: unknown;
        try {
          expected = JSON.parse(source);
        } catch {
          expect(() => parseJsonTree(source)).toThrow(JsonSyntaxError);
          return;
        }
        expect(JSON.stringify(toPlain(parseJsonTree(source)))).toBe(JSON.stringify(expected));
      }),
      { numRuns: propertyRuns(2000) },
    );
  });

  it("knows where everything stands", () => {
    const tree = parseJsonTree(' {"a": [1, "b"]} ');
    expect(tree).toMatchObject({ kind: "object", start: 1, end: 16 });
    if (tree.kind !== "object") throw new Error("no object");
    expect(tree.members[0]).toMatchObject({ key: "a", keyPlace: { start: 2, end: 5 }, value: { start: 7, end: 15 } });
  });

  it.each(["\\ud83d", "\\udc4d", "\\ud83dx", "\\udc4d\\ud83d"])("has no half of a character: %s", (escapes) => {
    const text = `"${escapes}"`;
    expect(parseJsonTree(text)).toMatchObject({ text: escapes.replaceAll(/\\u[\da-f]+/g, "\ufffd") });
    expect(parseJsonTree('"\\ud83d\\udc4d"')).toMatchObject({ text: "👍" });
  });

  it("refuses what is nested too deeply for our stack", () => {
    expect(() => parseJsonTree("[".repeat(100_000))).toThrow("nested too deeply");
  });
});
