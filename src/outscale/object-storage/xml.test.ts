import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { propertyRuns } from "../../../tests/support/suite/sample.ts";
import { childrenOf, childText, parseXml, XmlError, xml, xmlDocument } from "./xml.ts";

describe("parseXml()", () => {
  it("reads elements, texts, entities, comments and prefixes", () => {
    const text = `<?xml version="1.0"?>\n<!-- a - b --><s3:List xmlns:s3="a>b">
      <Key>a&amp;&#x41;&#66;</Key><Key/><Size n='1'>3</Size></s3:List>\n`;
    const list = parseXml(text);
    expect(list.name).toBe("List");
    expect(childrenOf(list, "Key").map((key) => key.text)).toEqual(["a&AB", ""]);
    expect(childText(list, "Size")).toBe("3");
    expect(childText(list, "Other")).toBeUndefined();
  });

  it.each([
    ["nothing", ""],
    ["text alone", "Not Found"],
    ["an open element", "<a><b></b>"],
    ["a wrong end", "<a><b></a></b>"],
    ["an end alone", "</a>"],
    ["two roots", "<a/><b/>"],
    ["a document type", "<!DOCTYPE a><a/>"],
    ["an entity of its own", "<a>&lol;</a>"],
    ["an entity without end", "<a>a & b</a>"],
    ["no character", "<a>&#0;</a>"],
    ["CDATA", "<a><![CDATA[b]]></a>"],
    ["a quote without end", `<a b="${"c".repeat(99_999)}`],
    ["a deep nest", "<a>".repeat(40)],
    ["very many elements", `<a>${"<b/>".repeat(200_001)}</a>`],
  ])("refuses %s", (_name, text) => {
    expect(() => parseXml(text)).toThrow(XmlError);
  });

  it("gives back what xml() wrote, and throws nothing but XmlError for any text", () => {
    // XML knows one kind of white space between lines; the rest is what XML can hold.
    const words = fc.string({ unit: "grapheme" });
    fc.assert(
      fc.property(words, fc.string(), (value, garbage) => {
        expect(childText(parseXml(xmlDocument(xml("a", xml("b", value)))), "b")).toBe(value);
        try {
          parseXml(`<a>${garbage}</a>`);
        } catch (error) {
          expect(error).toBeInstanceOf(XmlError);
        }
      }),
      { numRuns: propertyRuns(200) },
    );
  });
});
