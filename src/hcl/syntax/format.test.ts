import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { configText } from "../../../tests/support/hcl/arbitraries.ts";
import { withoutSpans } from "../../../tests/support/hcl/without-spans.ts";
import { propertyRuns } from "../../../tests/support/suite/sample.ts";
import { Diagnostics } from "../source/diagnostic.ts";
import { SourceFile } from "../source/source-file.ts";
import { formatHcl } from "./format.ts";
import { parseFile } from "./parse.ts";

describe("formatHcl()", () => {
  it.each([
    ["", ""],
    ["a=1", "a = 1"],
    [" a   =   1   ", "a = 1   "],
    ["a=b.c[0]. d", "a = b.c[0].d"],
    ["a=[ ]", "a = []"],
    ["a=[1,2 , 3]", "a = [1, 2, 3]"],
    ["a={}", "a = {}"],
    ["a={b=1,c = 2}", "a = { b = 1, c = 2 }"],
    ["a = f ( 1,[ 2 ] )", "a = f(1, [2])"],
    ["a = f( b ... )", "a = f(b...)"],
    ["a = ns :: f()", "a = ns::f()"],
    ["a=-1+- 2*(- 3)", "a = -1 + -2 * (-3)"],
    ["a=b-1", "a = b-1"],
    ["a=b - 1", "a = b - 1"],
    ["a=! b&&!c||d", "a = !b && !c || d"],
    ["a=b?c:d", "a = b ? c : d"],
    ["a=[for x in[1]:x if x>0]", "a = [for x in [1] : x if x > 0]"],
    ["a={for k,v in m:k=>v...}", "a = { for k, v in m : k => v... }"],
    ["a=b [ * ] . c", "a = b[*].c"],
    ['a="x${ b }y${c}%{ if d }e%{ endif }"', 'a = "x${b}y${c}%{if d}e%{endif}"'],
    ['a="${ {} }"', 'a = "${ {} }"'],
    ["a {}", "a {}"],
    ["a{ b=1 }", "a { b = 1 }"],
    ['a   "b"   "c"{\n}', 'a "b" "c" {\n}'],
    ["a {\nb=1\n}\n", "a {\n  b = 1\n}\n"],
    ["a {\n\tb {\n\t\tc=1\n\t}\n}\n", "a {\n  b {\n    c = 1\n  }\n}\n"],
    ["a = [\n1,\n2,\n]\n", "a = [\n  1,\n  2,\n]\n"],
    ["a = f({\nb = 1\n})\n", "a = f({\n  b = 1\n})\n"],
    ["a = f(\n{\nb = 1\n}\n)\n", "a = f(\n  {\n    b = 1\n  }\n)\n"],
    ["a = [{\nb = 1\n}, {\nc = 1\n}]\n", "a = [{\n  b = 1\n  }, {\n  c = 1\n}]\n"],
    ["a = 1\nbbb = 2\n", "a   = 1\nbbb = 2\n"],
    ["a = 1\n\nbbb = 2\n", "a = 1\n\nbbb = 2\n"],
    ["a = 1\nb {}\nccc = 2\n", "a = 1\nb {}\nccc = 2\n"],
    ["a = [\n1\n]\nbbb = 2\n", "a = [\n  1\n]\nbbb = 2\n"],
    ["a = 1 # x\nbbb = 22 // y\n", "a   = 1  # x\nbbb = 22 // y\n"],
    ["a = 1 /* x */\nb=2\n", "a = 1 /* x */\nb = 2\n"],
    ["a {\n# x\n  // y\nb = 1\n}\n", "a {\n  # x\n  // y\n  b = 1\n}\n"],
    ["é = 1\nabc = 2\n", "é   = 1\nabc = 2\n"],
    ["a = <<EOT\n   x\n  ${ b }\nEOT\nccc = 1\n", "a   = <<EOT\n   x\n  ${b}\nEOT\nccc = 1\n"],
    ["a {\nb = <<-EOT\n x\n EOT\n}\n", "a {\n  b = <<-EOT\n x\n EOT\n}\n"],
    ["a = 1\r\nbb = 2\r\n", "a  = 1\r\nbb = 2\r\n"],
    ["  \n\n  a = 1\n", "\n\na = 1\n"],
    ["}\n}\na = 1\n", "}\n}\na = 1\n"],
  ])("%j", (text, expected) => {
    expect(formatHcl(text)).toBe(expected);
  });

  it("leaves formatted text alone and keeps its meaning", () => {
    fc.assert(
      fc.property(configText, (text) => {
        const diagnostics = new Diagnostics();
        const before = parseFile(new SourceFile("a", text), diagnostics);
        fc.pre(!diagnostics.hasErrors);
        const formatted = formatHcl(text);
        expect(formatHcl(formatted)).toBe(formatted);
        expect(withoutSpans(parseFile(new SourceFile("a", formatted), diagnostics))).toEqual(withoutSpans(before));
        expect(diagnostics.all).toEqual([]);
      }),
      { numRuns: propertyRuns(500) },
    );
  });
});
