import { describe, expect, it } from "vitest";
import { evaluateText, sampleScope } from "../../../tests/support/hcl/evaluate-text.ts";

/** Templates with their values, or with `!` and the headlines of their problems. */
const CASES: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  interpolation: [
    ['"hello ${s}"', '"hello str"'],
    ['"${s} ${n}"', '"str 5"'],
    ['"hello ${12.5}"', '"hello 12.5"'],
    ['"silly ${"${"nesting"}"}"', '"silly nesting"'],
    ['"${true}"', "true"],
    ['"${[1]}"', "[1]"],
    ['"${n}"', "5"],
    ['"x${n}"', '"x5"'],
    ['"$${escaped} %%{escaped}"', '"$${escaped} %%{escaped}"'],
    ['"$$nonescape $$$${x}"', '"$$nonescape $$$${x}"'],
    ['"$"', '"$"'],
    ['"%"', '"%"'],
    ['"100%"', '"100%"'],
    ['"${us}"', "unknown string"],
    ['"a${us}"', "unknown string"],
    ['"${nul}"', "null"],
    ['"x${nul}"', "! Invalid template interpolation value"],
    ['"x${l}"', "! Invalid template interpolation value"],
    ['"x${missing}"', "! Unknown variable"],
    ['"${"', "! Unterminated template string"],
    ['"${s"', "! Unclosed template sequence"],
    ['"${s s}"', "! Extra characters after template expression"],
    ['"${s:1}"', "! Extra characters after template expression"],
    ['"${}"', "! Invalid expression"],
    ['"a\\nb ${ s }"', '"a\\nb str"'],
  ],
  "strip markers": [
    ['"a  ${~ s ~}  b"', '"astrb"'],
    ['"a\\n  ${~ s }  b"', '"astr  b"'],
    ['"a ${ s ~}\\n  b"', '"a strb"'],
    ['"${~ s ~}"', '"str"'],
    ['"a ${~ s }${ s ~} b"', '"astrstrb"'],
    ['"%{ if true ~}  x  %{~ endif }"', '"x"'],
  ],
  if: [
    ['"%{ if true }yes%{ endif }"', '"yes"'],
    ['"%{ if false }yes%{ endif }"', '""'],
    ['"%{ if false }yes%{ else }no%{ endif }"', '"no"'],
    ['"%{ if b }${s}%{ else }${missing}%{ endif }"', '"str"'],
    ['"%{ if true }%{ if false }a%{ else }b%{ endif }%{ endif }"', '"b"'],
    ['"%{ if nul }x%{ endif }"', "! Null condition"],
    ['"%{ if "x" }x%{ endif }"', "! Incorrect condition type"],
    ['"%{ if us == "" }x%{ endif }"', "unknown string"],
    ['"%{ if true }x"', "! Unexpected end of template"],
    ['"%{ if true }x%{ else }y%{ else }z%{ endif }"', "! Unexpected else directive"],
    ['"%{ endif }"', "! Unexpected endif directive"],
    ['"%{ else }"', "! Unexpected else directive"],
    ['"%{ if true }x%{ endfor }"', "! Unexpected endfor directive"],
    ['"%{ iff true }x%{ endif }"', "! Invalid template directive"],
    ['"%{ if true x }x%{ endif }"', "! Extra characters after template expression"],
    ['"%{ 5 }"', "! Invalid template directive"],
    ['"%{"', "! Invalid template directive"],
  ],
  for: [
    ['"%{ for v in l }${v},%{ endfor }"', '"a,b,"'],
    ['"%{ for i, v in l }${i}=${v};%{ endfor }"', '"0=a;1=b;"'],
    ['"%{ for k, v in m ~} ${k}${v} %{~ endfor }"', '"x1y2"'],
    ['"%{ for v in [] }x%{ endfor }"', '""'],
    ['"%{ for v in l }%{ endfor }"', '""'],
    ['"%{ for v in [1, 2] }%{ if v > 1 }${v}%{ endif }%{ endfor }"', '"2"'],
    ['"%{ for v in l }%{ for w in l }${v}${w} %{ endfor }%{ endfor }"', '"aa ab ba bb "'],
    ['"%{ for v in ud }x%{ endfor }"', "unknown string"],
    ['"%{ for v in s }x%{ endfor }"', "! Iteration over non-iterable value"],
    ['"%{ for v in [secret] }${v}%{ endfor }"', "(sensitive value)"],
    ['"%{ for v in l }x"', "! Unexpected end of template"],
    ['"%{ for v in l }x%{ else }y%{ endfor }"', "! Unexpected else directive"],
    ['"%{ for in l }x%{ endfor }"', "! Invalid 'for' directive"],
    ['"%{ for v, in l }x%{ endfor }"', "! Invalid 'for' directive"],
    ['"%{ for v l }x%{ endfor }"', "! Invalid 'for' directive"],
    ['"%{ endfor }"', "! Unexpected endfor directive"],
  ],
};

describe.each(Object.entries(CASES))("parseTemplateParts() %s", (_, cases) => {
  it.each(cases)("%s", (text, expected) => {
    expect(evaluateText(text)).toBe(expected);
  });
});

/** A heredoc of these lines; its marker is indented by two spaces. */
function heredoc(lines: readonly string[], opening = "<<EOT"): string {
  return `${[opening, ...lines, "  EOT"].join("\n")}\n`;
}

describe("parseTemplateParts() heredocs", () => {
  it.each([
    [["Foo", "Bar"], "Foo\nBar\n"],
    [["    Foo", "      Bar"], "    Foo\n      Bar\n"],
    [["  ${s}", "$${s} %%{if} \\n \\u0041"], "  str\n${s} %{if} \\n \\u0041\n"],
    [["a", "", "b"], "a\n\nb\n"],
    [["NOT EOT", "EOTX"], "NOT EOT\nEOTX\n"],
    [["%{ for v in l ~}", "- ${v}", "%{ endfor ~}"], "- a\n- b\n"],
    [["%{ if true ~}", "  yes", "%{ else ~}", "  no", "%{ endif ~}", "end"], "  yes\nend\n"],
    [["a ${upper(<<IN", "x", "IN", ")}"], "a X\n\n"],
    [[], ""],
  ] as const)("%j", (lines, expected) => {
    expect(evaluateText(heredoc(lines))).toBe(JSON.stringify(expected).replace(/[$%](?=\{)/g, "$&$&"));
  });

  it.each([
    [["    Foo", "    Bar"], "Foo\nBar\n"],
    [["    Foo", "      Bar", "    Baz"], "Foo\n  Bar\nBaz\n"],
    [["    Foo", "  Bar", "    Baz"], "  Foo\nBar\n  Baz\n"],
    [["    Foo", "    ${s}"], "Foo\nstr\n"],
    [["    Foo", "  ${s} x"], "  Foo\nstr x\n"],
    [["\tFoo", "  Bar", "  Baz"], "Foo\n Bar\n Baz\n"],
    [["\u2003\u2003  Foo", "   Bar"], " Foo\nBar\n"],
    [["    a", "", "    b"], "a\n\nb\n"],
    [["    a", "  ", "    b"], "a\n  \nb\n"],
    [["${s}", "  b"], "str\n  b\n"],
  ] as const)("<<- takes the common indentation away: %j", (lines, expected) => {
    expect(evaluateText(heredoc(lines, "<<-EOT"))).toBe(JSON.stringify(expected));
  });

  it("keeps carriage returns before line feeds, and ends at a marker that has one", () => {
    expect(evaluateText("<<EOT\r\na\r\nEOT\r\n")).toBe('"a\\r\\n"');
  });

  it("refuses a marker without a line end, and a missing one", () => {
    expect(evaluateText("<<EOT\na\nEOT")).toBe("! Unterminated template string");
    expect(evaluateText("<<EOT\na\n")).toBe("! Unterminated template string");
  });

  it("is not begun by << alone", () => {
    expect(evaluateText("<< EOT\nEOT\n")).toBe("! Invalid expression");
  });
});

describe("parseTemplateText()", () => {
  it.each([
    ["", '""'],
    ["plain\ntext\n", '"plain\\ntext\\n"'],
    ['no "quotes" or \\n escapes', String.raw`"no \"quotes\" or \\n escapes"`],
    ["${n}", "5"],
    ["${n}\n", '"5\\n"'],
    ["%{ for v in l ~}\n${v}\n%{ endfor ~}\n", '"a\\nb\\n"'],
    ["$", '"$"'],
    ["%", '"%"'],
    ["${", "! Missing expression"],
    ["${n", "! Unclosed template sequence"],
    ["%{ if true }", "! Unexpected end of template"],
  ])("%j", (text, expected) => {
    expect(evaluateText(text, sampleScope(), "template")).toBe(expected);
  });
});
