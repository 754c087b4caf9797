import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { goCaseData, goCases } from "../../tests/support/go-template/go-cases.ts";
import { propertyRuns } from "../../tests/support/suite/sample.ts";
import { ExitCode } from "../common/errors.ts";
import type { RenderContext } from "./context.ts";
import { InterpolationError } from "./interpolation-error.ts";
import { render, renderOnce, validateTemplate } from "./render.ts";

function failureOf(run: () => unknown): InterpolationError {
  try {
    run();
  } catch (error) {
    if (error instanceof InterpolationError) return error;
    throw error;
  }
  throw new Error("It did not fail");
}

describe("renderOnce() renders as Go's text/template does", () => {
  const context: RenderContext = { data: goCaseData, missingKey: "no-value" };
  for (const [group, cases] of Object.entries(goCases)) {
    describe(group, () => {
      it.each(cases)("%s", (template, result) => {
        if (result === undefined) expect(() => renderOnce(template, context)).toThrow(InterpolationError);
        else expect(renderOnce(template, context)).toBe(result);
      });
    });
  }
});

describe("render()", () => {
  it("renders what a value brings in, until nothing is left", () => {
    const context = { data: { Device: "{{user `disk`}}" }, userVariables: { disk: "/dev/{{lower `XVDF`}}" } };
    expect(render("{{.Device}}", context)).toBe("/dev/xvdf");
    expect(renderOnce("{{.Device}}", context)).toBe("{{user `disk`}}");
  });

  it("leaves text without actions alone, braces and all", () => {
    expect(render("a } }} {x} { { \\n", {})).toBe("a } }} {x} { { \\n");
  });

  it("refuses an unknown value, and says which are known", () => {
    const error = failureOf(() => render("mount\n{{ .Devise }}", { data: { Device: "/dev/xvdf" } }));
    expect(error.message).toContain("There is no value {{.Devise}} here (line 2, column 4 of");
    expect(error.hint).toBe("Known here: {{.Device}}.");
    expect(error.position).toEqual({ line: 2, column: 4 });
    expect(error.exitCode).toBe(ExitCode.Template);
  });

  it("takes inherited names of objects for unknown ones", () => {
    for (const name of ["constructor", "__proto__", "toString"]) {
      expect(() => render(`{{.${name}}}`, { data: {} })).toThrow(InterpolationError);
      expect(() => render(`{{${name} "x"}}`, {})).toThrow(InterpolationError);
      expect(render(`{{user "${name}"}}`, { userVariables: {} })).toBe("");
    }
  });

  it("counts columns in characters", () => {
    expect(failureOf(() => render("😀é{{.X}}", { data: {} })).position).toEqual({ line: 1, column: 5 });
  });

  it("calls functions that the context adds, and reports what they throw", () => {
    const shout = { params: ["string"], call: (text: unknown) => `${text}!` } as const;
    const broken = {
      params: [],
      call: () => {
        throw new Error("no luck");
      },
    } as const;
    expect(render("{{.Device | shout}}", { data: { Device: "a" }, functions: { shout } })).toBe("a!");
    expect(() => render("{{broken}}", { functions: { broken } })).toThrow("broken failed: no luck");
  });
});

describe("render() ends", () => {
  it.each([
    ["a huge range", "{{range 1000000000000}}{{end}}"],
    ["nested ranges", "{{range 100000}}{{range 100000}}x{{end}}{{end}}"],
    ["doubling text", '{{$x := "aaaaaaaaaaaaaaaa"}}{{range 100}}{{$x = print $x $x}}{{end}}'],
    ["wide padding", '{{range 100000}}{{$x := printf "%1000000d" 1}}{{end}}'],
    ["a template that calls itself", '{{define "a"}}{{template "a"}}{{end}}{{template "a"}}'],
    ["deep parentheses", `{{${"(".repeat(20_000)}1${")".repeat(20_000)}}}`],
    ["deep actions", `${"{{if true}}".repeat(20_000)}${"{{end}}".repeat(20_000)}`],
    ["a long chain of else if", `{{if false}}${"{{else if false}}".repeat(20_000)}{{end}}`],
  ])("%s", (_, template) => {
    expect(() => render(template, {})).toThrow(InterpolationError);
  });

  it("with values that bring in ever new templates", () => {
    expect(() => render("{{user `a`}}", { userVariables: { a: "{{user `a`}}x" } })).toThrow(InterpolationError);
    expect(() => render("{{user `a`}}", { userVariables: { a: "{{user `a`}}{{user `a`}}" } })).toThrow();
  });

  it("with a long text", () => {
    const text = `${"x".repeat(1_000_000)}{{"${"\\\\".repeat(100_000)}" | len}}${" ".repeat(1_000_000)}{{- "y"}}`;
    expect(render(text, {})).toHaveLength(1_000_007);
  });

  it("whatever the text is: it renders or gives an InterpolationError", () => {
    const pieces = fc.constantFrom(
      ..."{{ }} {{- -}} ( ) | . , $ $x := = \" ` ' \\ end else if range with define template block break continue nil"
        .split(" ")
        .concat([
          " ",
          "\n",
          '"a"',
          "1",
          "1.5",
          ".Device",
          ".List",
          "$i",
          "printf",
          "index",
          "len",
          "eq",
          "user",
          "/*",
          "*/",
        ]),
    );
    const context: RenderContext = { data: goCaseData, userVariables: { a: "{{user `a`}}" } };
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string()), { maxLength: 30 }), (parts) => {
        try {
          expect(typeof render(`{{${parts.join("")}`, context)).toBe("string");
        } catch (error) {
          expect(error).toBeInstanceOf(InterpolationError);
        }
      }),
      { numRuns: propertyRuns(2000) },
    );
  });

  it("and gives back any text that a literal quotes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        expect(renderOnce(`{{${JSON.stringify(text)}}}`, {})).toBe(text);
        expect(renderOnce("{{.Text}}", { data: { Text: text } })).toBe(text);
      }),
    );
  });
});

describe("validateTemplate()", () => {
  it("accepts what can be rendered later", () => {
    expect(() => validateTemplate("{{.Device}} {{build `ID`}} {{if .X}}{{end}}")).not.toThrow();
  });

  it.each(["{{.Device", "{{nosuch}}", "{{if}}{{end}}", "{{$x}}"])("refuses %s", (template) => {
    expect(() => validateTemplate(template)).toThrow(InterpolationError);
  });
});
