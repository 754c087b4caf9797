import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeResult, evaluateExpression } from "../../../tests/support/hcl/evaluate-expression.ts";
import { propertyRuns } from "../../../tests/support/suite/sample.ts";
import { nullValue } from "../values/value.ts";
import { packerFunctions } from "./functions.ts";

describe("any call", () => {
  const literals = [
    '""',
    '"a"',
    '"é👨‍👩‍👧"',
    '"12"',
    '"-1.5"',
    '"true"',
    '"a,b\\n1,2"',
    '"10.0.0.0/8"',
    '"fe80::/48"',
    '"2018-01-02T23:12:01Z"',
    '"1h30m"',
    '"YYYY-MM"',
    '"(a)(?P<n>b)"',
    '"aGk="',
    '"utf-16"',
    '"%s %5.2f"',
    '"/dev/null"',
    '"{a: [1, *x]}"',
    '"[1, {}]"',
    "0",
    "1",
    "-1",
    "2.5",
    "1e30",
    "62",
    "true",
    "null",
    "secret",
    "unknown",
    "unknown_string",
    "unknown_list",
    "unknown_number",
    "unknown_map",
    "unknown_bool",
  ];
  const { value } = fc.letrec<{ value: string }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.constantFrom(...literals),
      fc.array(tie("value"), { maxLength: 3 }).map((items) => `[${items.join(", ")}]`),
      fc
        .array(tie("value"), { maxLength: 3 })
        .map((items) => `{${items.map((item, index) => `k${index} = ${item}`).join(", ")}}`),
      fc
        .tuple(fc.constantFrom("setunion", "split", "zipmap"), tie("value"), tie("value"))
        .map(([name, a, b]) => `${name}(${a}, ${b})`),
    ),
  }));

  it("has a value or a problem", () => {
    const slow = ["bcrypt"]; // by intention
    const names = [...packerFunctions({ baseFolder: "/", renderTemplate: () => nullValue() }).keys()];
    const name = fc.constantFrom(...names.filter((candidate) => !slow.includes(candidate)));
    fc.assert(
      fc.property(name, fc.array(value, { maxLength: 4 }), (called, args) => {
        const result = evaluateExpression(`${called}(${args.join(", ")})`);
        expect(typeof result === "string" || result.type).toBeTruthy();
      }),
      { numRuns: propertyRuns(3000) },
    );
  }, 60_000);
});

describe("encoders and decoders are each other's inverse", () => {
  const json = fc.jsonValue({ maxDepth: 3, noUnicodeString: false, stringUnit: "grapheme" });

  it("jsondecode(jsonencode(x)) and yamldecode(yamlencode(x))", () => {
    fc.assert(
      fc.property(json, (raw) => {
        const text = JSON.stringify(JSON.stringify(raw)).replace(/[$%]\{/g, (mark) => `${mark[0]}${mark}`);
        const value = `jsondecode(${text})`;
        const plain = describeResult(evaluateExpression(value));
        expect(describeResult(evaluateExpression(`jsondecode(jsonencode(${value}))`))).toBe(plain);
        expect(describeResult(evaluateExpression(`yamldecode(yamlencode(${value}))`))).toBe(plain);
      }),
      { numRuns: propertyRuns(300) },
    );
  }, 60_000);

  it("base64decode(base64encode(x)) and strrev(strrev(x))", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (raw) => {
        const text = JSON.stringify(raw.normalize("NFC")).replace(/[$%]\{/g, (mark) => `${mark[0]}${mark}`);
        const plain = describeResult(evaluateExpression(text));
        expect(describeResult(evaluateExpression(`base64decode(base64encode(${text}))`))).toBe(plain);
      }),
    );
  });
});
