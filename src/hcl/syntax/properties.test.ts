import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { configText, expressionText, mutationsOf } from "../../../tests/support/hcl/arbitraries.ts";
import { sampleScope } from "../../../tests/support/hcl/evaluate-text.ts";
import { propertyRuns } from "../../../tests/support/suite/sample.ts";
import { evaluate } from "../evaluate/evaluate.ts";
import { Diagnostics } from "../source/diagnostic.ts";
import { printDiagnostic } from "../source/print-diagnostic.ts";
import { SourceFile } from "../source/source-file.ts";
import { ConversionError, convert } from "../values/convert.ts";
import { printValue } from "../values/print-value.ts";
import { typeExpression } from "../values/type.ts";
import { canConvert, unify } from "../values/unify.ts";
import { formatHcl } from "./format.ts";
import { parseExpressionText, parseFile, parseTemplateText } from "./parse.ts";
import { parseJsonFile } from "./parse-json.ts";
import type { Body } from "./syntax.ts";

/** Broken texts to try; a long run has `OUTSCALE_CHROOT_FUZZ=1000000`. */
const RUNS = propertyRuns(2000);
const TIMEOUT_MS = 120_000 + RUNS * 200;
const scope = sampleScope();

function evaluateBody(body: Body, diagnostics: Diagnostics): void {
  for (const { value } of body.attributes) evaluate(value, scope, diagnostics);
  for (const block of body.blocks) evaluateBody(block.body, diagnostics);
}

/** Every problem must be one that can be shown, wherever its place is. */
function printAll(diagnostics: Diagnostics): void {
  for (const diagnostic of diagnostics.all) expect(printDiagnostic(diagnostic)).toContain(diagnostic.summary);
}

describe("any expression", () => {
  it(
    "has a value or a diagnostic",
    () => {
      fc.assert(
        fc.property(expressionText, (text) => {
          const diagnostics = new Diagnostics();
          const expression = parseExpressionText(new SourceFile("test", text), diagnostics);
          expect(expression !== undefined || diagnostics.hasErrors).toBe(true);
          if (expression) printValue(evaluate(expression, scope, diagnostics));
          printAll(diagnostics);
        }),
        { numRuns: RUNS },
      );
    },
    TIMEOUT_MS,
  );

  it("gives a value that reads back as itself, if it is known", () => {
    fc.assert(
      fc.property(expressionText, (text) => {
        const diagnostics = new Diagnostics();
        const expression = parseExpressionText(new SourceFile("test", text), diagnostics);
        fc.pre(expression !== undefined && !diagnostics.hasErrors);
        const printed = expression ? printValue(evaluate(expression, scope, diagnostics)) : "";
        fc.pre(!diagnostics.hasErrors && !/\(known|\(sensitive|Inf/.test(printed));
        const again = parseExpressionText(new SourceFile("test", printed), diagnostics);
        expect(again && printValue(evaluate(again, scope, diagnostics))).toBe(printed);
      }),
      { numRuns: propertyRuns(500) },
    );
  });
});

describe("any text", () => {
  it(
    "can be read as a file, evaluated, formatted and explained",
    () => {
      fc.assert(
        fc.property(mutationsOf(configText), (text) => {
          const diagnostics = new Diagnostics();
          evaluateBody(parseFile(new SourceFile("test", text), diagnostics), diagnostics);
          formatHcl(text);
          printAll(diagnostics);
        }),
        { numRuns: RUNS },
      );
    },
    TIMEOUT_MS,
  );

  it(
    "can be read as a template and as JSON",
    () => {
      const json = fc.jsonValue().map((value) => JSON.stringify(value));
      fc.assert(
        fc.property(mutationsOf(fc.oneof(json, expressionText)), (text) => {
          const diagnostics = new Diagnostics();
          const template = parseTemplateText(new SourceFile("test", text), diagnostics);
          if (template) evaluate(template, scope, diagnostics);
          evaluateBody(parseJsonFile(new SourceFile("test", text), diagnostics), diagnostics);
          printAll(diagnostics);
        }),
        { numRuns: RUNS },
      );
    },
    TIMEOUT_MS,
  );
});

describe("any values", () => {
  it("can be converted to the type that unify() finds for them", () => {
    fc.assert(
      fc.property(expressionText, expressionText, (left, right) => {
        const diagnostics = new Diagnostics();
        const values = [left, right].map((text) => {
          const expression = parseExpressionText(new SourceFile("test", text), diagnostics);
          return expression && evaluate(expression, scope, diagnostics);
        });
        const known = values.filter((value) => value !== undefined);
        const common = unify(known.map(({ type }) => type));
        fc.pre(common !== undefined);
        for (const value of known) {
          if (!common) continue;
          expect(
            canConvert(value.type, common, false),
            `${typeExpression(value.type)} to ${typeExpression(common)}`,
          ).toBe(true);
          expect(() => convert(value, common)).not.toThrow(ConversionError);
        }
      }),
      { numRuns: propertyRuns(500) },
    );
  });
});
