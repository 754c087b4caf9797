import { describe, expect, it } from "vitest";
import { secrets } from "../../common/secrets.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { diagnosticJson, printDiagnostic } from "./print-diagnostic.ts";
import { SourceFile } from "./source-file.ts";

function problem(text: string, part: string, more: Partial<Diagnostic> = {}): Diagnostic {
  const start = text.indexOf(part);
  const span = { source: new SourceFile("web.pkr.hcl", text), start, end: start + part.length };
  return { severity: "error", summary: "Unknown variable", detail: "There is none.", span, ...more };
}

describe("printDiagnostic()", () => {
  it("shows the line, what is meant of it, and the values", () => {
    const values = [{ expression: "var.a", statement: "is 5" }];
    expect(printDiagnostic(problem("one\ntwo = var.a + b\n", "var.a", { values }))).toBe(
      [
        "Error: Unknown variable",
        "",
        "  on web.pkr.hcl:2:7:",
        "  2 | two = var.a + b",
        "    |       ^^^^^",
        "  var.a is 5",
        "",
        "There is none.",
        "",
      ].join("\n"),
    );
  });

  it.each([
    ["a = é👩‍👩‍👧‍👦 x", "x", "  1 | a = é👩‍👩‍👧‍👦 x\n    |        ^"],
    ["\t\ta = x", "x", "  1 | \t\ta = x\n    | \t\t    ^"],
    ["a = <<EOT\nlong\nEOT\n", "<<EOT\nlong\nEOT", "  1 | a = <<EOT\n    |     ^^^^^"],
    ["a =\r\n", "\r\n", "  1 | a =\n    |    ^"],
  ])("puts the caret where a reader sees it: %j", (text, part, expected) => {
    expect(printDiagnostic(problem(text, part))).toContain(expected);
  });

  it("shows a piece of a long line", () => {
    const text = `a = "${"x".repeat(500)}" + here + "${"y".repeat(500)}"`;
    const printed = printDiagnostic(problem(text, "here"));
    const [line = "", caret = ""] = printed.split("\n").slice(3, 5);
    expect(line.length).toBeLessThan(180);
    expect(line.indexOf("here")).toBe(caret.indexOf("^^^^"));
  });

  it("does without a place and without a detail", () => {
    expect(printDiagnostic({ severity: "warning", summary: "Odd", detail: "" })).toBe("Warning: Odd\n");
  });

  it("has colours when asked for", () => {
    const colored = printDiagnostic(problem("a = b", "b"), { color: true });
    expect(colored).toContain("\u001B[31mError:");
    expect(colored.replace(/\u001B\[\d+m/g, "")).toBe(printDiagnostic(problem("a = b", "b")));
  });

  it("hides secrets that stand in the template", () => {
    secrets.add("tr0ub4dor&3");
    expect(printDiagnostic(problem('default = "tr0ub4dor&3"', "default"))).not.toContain("tr0ub4dor&3");
    expect(JSON.stringify(diagnosticJson(problem('default = "tr0ub4dor&3"', "default")))).not.toContain("tr0ub4dor&3");
  });
});

describe("diagnosticJson()", () => {
  it("has the place as lines and columns", () => {
    expect(diagnosticJson(problem("one\ntwo = var.a\n", "var.a", { values: [] }))).toEqual({
      severity: "error",
      summary: "Unknown variable",
      detail: "There is none.",
      range: { filename: "web.pkr.hcl", start: { line: 2, column: 7 }, end: { line: 2, column: 12 } },
      snippet: "two = var.a",
    });
    expect(diagnosticJson({ severity: "warning", summary: "Odd", detail: "" })).toEqual({
      severity: "warning",
      summary: "Odd",
      detail: "",
    });
  });
});
