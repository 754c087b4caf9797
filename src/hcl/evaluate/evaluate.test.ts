import { describe, expect, it } from "vitest";
import { evaluateText, sampleScope } from "../../../tests/support/hcl/evaluate-text.ts";
import { Diagnostics } from "../source/diagnostic.ts";
import { SourceFile } from "../source/source-file.ts";
import { parseExpressionText } from "../syntax/parse.ts";
import { parseJsonText } from "../syntax/parse-json.ts";
import { trueValue, tupleValue } from "../values/value.ts";
import { evaluate } from "./evaluate.ts";

/** Expressions with their values, or with `!` and the headlines of their problems. */
const CASES: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  literals: [
    ["5", "5"],
    ["3.2", "3.2"],
    ["1e3", "1000"],
    ["2.5E-2", "0.025"],
    ["1.50", "1.5"],
    [
      "3.14159265358979323846264338327950288419716939937510582097494459",
      "3.14159265358979323846264338327950288419716939937510582097494459",
    ],
    ["123456789012345678901234567890", "123456789012345678901234567890"],
    ["true", "true"],
    ["false", "false"],
    ["null", "null"],
    ['"hello"', '"hello"'],
    ['"ЖЖ"', '"ЖЖ"'],
    ['"an\\u0303os"', '"años"'],
    ['"👩‍👩‍👧‍👦"', '"👩‍👩‍👧‍👦"'],
    ['"\\u00e9\\U0001F600\\t\\\\\\"\\n\\r"', '"é😀\\t\\\\\\"\\n\\r"'],
    ['"\\x"', "! Invalid escape sequence"],
    ['"\\u12"', "! Invalid escape sequence"],
    ['"\\UFFFFFFFF"', "! Invalid escape sequence"],
    ['"\\ud800"', "! Invalid escape sequence"],
    ['"unclosed', "! Unterminated template string"],
    ["1.2.3", "! Invalid number"],
    ["01", "1"],
    ["1e999999999", "! Invalid number"],
    ["'single'", "! Invalid character"],
  ],
  "parentheses and operators": [
    ["(2+3)", "5"],
    ["2*5+1", "11"],
    ["2+5*2", "12"],
    ["9%8", "1"],
    ["-46+5", "-41"],
    ["-(46+5)", "-51"],
    ["- 2", "-2"],
    ["--2", "2"],
    ["!true", "false"],
    ["!!true", "true"],
    ["! true || true", "true"],
    ["1 - -1", "2"],
    ["10 / 4", "2.5"],
    ["7 / 0", "+Inf"],
    ["-7 / 0", "-Inf"],
    ["0 / 0", "! Operation failed"],
    ["5 % 0", "5"],
    ["-5.5 % 2", "-1.5"],
    ["5 % (1 / 0)", "! Operation failed"],
    ["-0", "-0"],
    ["1 / -0", "-Inf"],
    [
      "11 % 5.1",
      "0.80000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000024",
    ],
    ["0.1 + 0.2", "0.3"],
    [
      "1 / 3",
      "0.33333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333335",
    ],
    ["1 / 3 * 3", "1"],
    ['"2" + 3', "5"],
    ['"two" + 3', "! Invalid operand"],
    ["2 + true", "! Invalid operand"],
    ["false + true", "! Invalid operand; ! Invalid operand"],
    ["2 + null", "! Operation failed"],
    ["1 < 2 == true", "true"],
    ["1 == 1 != false", "true"],
    ["5 == 5", "true"],
    ['1 == "1"', "false"],
    ['"a" != "b"', "true"],
    ["null == null", "true"],
    ["[1] == [1]", "true"],
    ['[1] == ["1"]', "false"],
    ["{a = 1} == {a = 1}", "true"],
    ['l == ["a", "b"]', "false"],
    ['"b" > "a"', "! Invalid operand; ! Invalid operand"],
    ["3 >= 3", "true"],
    ["true && false || true", "true"],
    ["true || false && false", "true"],
    ["true && 1", "! Invalid operand"],
    ['"true" && true', "true"],
    ["null && true", "false"],
    ["null || true", "true"],
    ['us == "x"', "unknown bool"],
    ["n + us", "unknown number"],
    ["n > 1 && missing.x", "! Unknown variable"],
    ["n < 1 && missing.x", "false"],
    ['us == "" && missing.x', "unknown bool"],
    ["us == null", "unknown bool"],
    ['"a${us}" == null', "false"],
    ["upper(us) != null", "true"],
    ["-(us) == null", "false"],
    ['us == "" || missing.x', "unknown bool"],
  ],
  conditionals: [
    ["true ? 1 : 2", "1"],
    ["false ? 1 : 2", "2"],
    ["b ? s : n", '"str"'],
    ['true ? 1 : "x"', '"1"'],
    ['true ? true : "x"', '"true"'],
    ["true ? null : 1", "null"],
    ["us == s ? null : null", "null"],
    ["us == s ? l : l", "[(known after the build has begun), (known after the build has begun)]"],
    ['true ? {a = null, b = ["x"]} : {}', '{"a" = null, "b" = ["x"]}'],
    ["us[*] ? 1 : 2", "unknown number"],
    ["false ? null : 1", "1"],
    ['true ? [1] : ["x"]', '["1"]'],
    ["true ? [1, 2] : []", "[1, 2]"],
    ['true ? {a = 1} : {a = "x"}', '{"a" = "1"}'],
    ['true ? {a = 1} : {b = "x"}', '{"a" = "1"}'],
    ["true ? l : []", '["a", "b"]'],
    ["true ? [1] : {a = 1}", "! Inconsistent conditional result types"],
    ["true ? 1 : [1]", "! Inconsistent conditional result types"],
    ['"true" ? 1 : 2', "1"],
    ['"maybe" ? 1 : 2', "! Incorrect condition type"],
    ["null ? 1 : 2", "! Null condition"],
    ["1 ? 1 : 2", "! Incorrect condition type"],
    ['us == "" ? 1 : 2', "unknown number"],
    ['us == "" ? "a" : null', "unknown string"],
    ["true ? 1 : missing", "1"],
    ["false ? 1 : missing", "! Unknown variable"],
    ["true ? false ? 1 : 2 : 3", "2"],
    ["true ? 1", "! Missing false expression in conditional"],
  ],
  "tuples and objects": [
    ["[]", "[]"],
    ['[1, "a", true]', '[1, "a", true]'],
    ["[1, 2,]", "[1, 2]"],
    ["[1 2]", "! Missing item separator"],
    ["[1,,2]", "! Invalid expression"],
    ["[1", "! Unterminated list"],
    ["{}", "{}"],
    ["{a = 1, b = 2}", '{"a" = 1, "b" = 2}'],
    ['{a: 1, "b": 2, c: 3,}', '{"a" = 1, "b" = 2, "c" = 3}'],
    ['{"a" = 1}', '{"a" = 1}'],
    ["{(s) = 1}", '{"str" = 1}'],
    ['{"${s}-x" = 1}', '{"str-x" = 1}'],
    ['{1 = "one"}', '{"1" = "one"}'],
    ["{true = 1, null = 2}", '{"null" = 2, "true" = 1}'],
    ["{a = 1, a = 2}", '{"a" = 2}'],
    ["{b = 1, a = 2}", '{"a" = 2, "b" = 1}'],
    ["{o.a = 1}", "! Ambiguous attribute key"],
    ["{(o.a) = 1}", '{"1" = 1}'],
    ["{(null) = 1}", "! Null value as key"],
    ["{([1]) = 1}", "! Incorrect key type"],
    ["{(us) = 1}", "unknown any"],
    ["{a 1}", "! Missing key/value separator"],
    ["{a = }", "! Invalid expression"],
    ["{a = 1 b = 2}", "! Missing attribute separator"],
    ["{a = 1", "! Unterminated object"],
  ],
  access: [
    ["o.a", "1"],
    ['o["a"]', "1"],
    ["o.c[0].id", '"i1"'],
    ["o.c.1.id", '"i2"'],
    ["o.c[*].id", '["i1", "i2"]'],
    ["o.c.*.id", '["i1", "i2"]'],
    ["o[s]", "! Invalid index"],
    ["o.missing", "! Unsupported attribute"],
    ['o["missing"]', "! Invalid index"],
    ["o[0]", "! Invalid index"],
    ["m.x", '"1"'],
    ['m["y"]', '"2"'],
    ["m.z", "! Missing map element"],
    ['m["z"]', "! Invalid index"],
    ["l[0]", '"a"'],
    ["l.1", '"b"'],
    ['l["1"]', '"b"'],
    ["l[-1]", "! Invalid index"],
    ["l[2]", "! Invalid index"],
    ["l[0.5]", "! Invalid index"],
    ['l["a"]', "! Invalid index"],
    ["l[null]", "! Invalid index"],
    ["l.x", "! Unsupported attribute"],
    ["ln.id", "! Unsupported attribute"],
    ["set[0]", "! Invalid index"],
    ["s.x", "! Unsupported attribute"],
    ["s[0]", "! Invalid index"],
    ["nul.x", "! Attempt to get attribute from null value"],
    ["nul[0]", "! Attempt to index null value"],
    ["[1, 2][1]", "2"],
    ["{a = 5}.a", "5"],
    ["(o).a", "1"],
    ["o.c.0.1", "! Invalid index"],
    ["o.", "! Invalid attribute name"],
    ["o[", "! Missing expression"],
    ["o.c[0", "! Missing close bracket on index"],
    ["us.x", "! Unsupported attribute"],
    ["ud.x.y[0]", "unknown any"],
    ["l[ud]", "unknown any"],
    ["missing.a", "! Unknown variable"],
  ],
  splats: [
    ["l[*]", '["a", "b"]'],
    ["s[*]", '["str"]'],
    ["o[*].a", "[1]"],
    ["nul[*]", "[]"],
    ["[][*]", "[]"],
    ["set[*]", "[1, 3]"],
    ["ln[*].id", '["1"]'],
    ["ln.*.id", '["1"]'],
    ["[[1], [2]][*][0]", "[1, 2]"],
    ["[{a = [1]}, {a = [2]}].*.a", "[[1], [2]]"],
    ["[{a = [1]}, {a = [2]}].*.a[0]", "[1]"],
    ["[{a = [1]}, {a = [2]}][*].a[0]", "[1, 2]"],
    ["o.c[*].missing", "! Unsupported attribute"],
    ["ud[*].x", "unknown any"],
    ["us[*]", "unknown any"],
    ["l.*.*", "! Nested splat expression not allowed"],
    ["l[*", "! Missing close bracket on splat index"],
  ],
  for: [
    ["[for v in l: v]", '["a", "b"]'],
    ['[for i, v in l: "${i}${v}"]', '["0a", "1b"]'],
    ['[for k, v in m: "${k}=${v}"]', '["x=1", "y=2"]'],
    ["[for v in set: v * 2]", "[2, 6]"],
    ["[for k, v in set: k == v]", "[true, true]"],
    ["[for v in [1, 2, 3]: v if v > 1]", "[2, 3]"],
    ["[for v in []: v]", "[]"],
    ["{for k, v in m: v => k}", '{"1" = "x", "2" = "y"}'],
    ['{for v in ["a", "b", "a"]: v => 1}', "! Duplicate object key"],
    ['{for v in ["a", "b", "a"]: v => 1...}', '{"a" = [1, 1], "b" = [1]}'],
    ['{for i, v in ["x", "y"]: v => i if i > 0}', '{"y" = 1}'],
    ["{for v in [1, 2]: v => v}", '{"1" = 1, "2" = 2}'],
    ['[for v in l: [for w in l: "${v}${w}"]]', '[["aa", "ab"], ["ba", "bb"]]'],
    ["[for v in s: v]", "! Iteration over non-iterable value"],
    ["[for v in null: v]", "! Iteration over null value"],
    ["[for v in ud: v]", "unknown any"],
    ["[for v in [ud]: v]", "[(known after the build has begun)]"],
    ["[for v in l: v if null]", "! Invalid 'for' condition"],
    ['[for v in l: v if "x"]', "! Invalid 'for' condition"],
    ["{for v in l: null => v}", "! Invalid object key"],
    ["{for v in l: [] => v}", "! Invalid object key"],
    ["{for v in l: us => v}", "unknown any"],
    ["[for v in l: a => v]", "! Invalid 'for' expression"],
    ["{for v in l: v}", "! Invalid 'for' expression"],
    ["[for v in l: v...]", "! Invalid 'for' expression"],
    ["[for in l: v]", "! Invalid 'for' expression"],
    ["[for v l: v]", "! Invalid 'for' expression"],
    ["[for v in l v]", "! Invalid 'for' expression"],
    ["[for v in l: v extra]", "! Invalid 'for' expression"],
  ],
  calls: [
    ['upper("foo")', '"FOO"'],
    ['upper("foo",)', '"FOO"'],
    ['upper(["foo"]...)', '"FOO"'],
    ['upper("foo", []...)', '"FOO"'],
    ["max([1, 5, 3]...)", "5"],
    ["max([1, null]...)", "! Invalid function argument"],
    ["max(null...)", "! Invalid expanding argument value"],
    ["max(5...)", "! Invalid expanding argument value"],
    ["max(ud...)", "unknown any"],
    ["upper()", "! Not enough function arguments"],
    ['upper("a", "b")', "! Too many function arguments"],
    ["upper(null)", "! Invalid function argument"],
    ["upper([])", "! Invalid function argument"],
    ["upper(true)", '"TRUE"'],
    ["upper(us)", "unknown string"],
    ['uper("x")', "! Call to unknown function"],
    ['upper ("foo")', '"FOO"'],
    ["upper(", "! Missing expression"],
    ['upper("a" "b")', "! Missing argument separator"],
    ["max(1..., 2)", "! Missing closing parenthesis"],
    ["foo::bar(1)", "! Call to unknown function"],
    ["foo::(1)", "! Missing function name"],
    ["length(l)", "2"],
    ["try(missing, 1)", "1"],
    ["try(o.x, o.a)", "1"],
    ["try(missing)", "! Error in function call"],
    ["try()", "! Error in function call"],
    ["can(o.a)", "true"],
    ["can(o.x)", "false"],
    ["can(1, 2)", "! Error in function call"],
    ["try(us, 1)", "unknown any"],
    ["can(us)", "unknown bool"],
  ],
  sensitive: [
    ["secret", "(sensitive value)"],
    ['"${secret}"', "(sensitive value)"],
    ['"x${secret}y"', "(sensitive value)"],
    ["upper(secret)", "(sensitive value)"],
    ['secret == "hunter2"', "(sensitive value)"],
    ["[secret][0]", "(sensitive value)"],
    ["{a = secret}", '{"a" = (sensitive value)}'],
    ["length(secret)", "(sensitive value)"],
    ['b ? secret : "x"', "(sensitive value)"],
    ['secret == "hunter2" ? 1 : 2', "(sensitive value)"],
    ["[for c in [secret]: upper(c)]", "[(sensitive value)]"],
    ["{(secret) = 1}", "(sensitive value)"],
    ["o[secret]", "! Invalid index"],
  ],
  trailing: [
    ["1 2", "! Extra characters after expression"],
    ["true true", "! Extra characters after expression"],
    ["a b", "! Extra characters after expression"],
    ["1 +", "! Missing expression"],
    ["* 2", "! Invalid expression"],
    ["(1", "! Unbalanced parentheses"],
    ["1)", "! Extra characters after expression"],
  ],
};

describe.each(Object.entries(CASES))("evaluate() %s", (_, cases) => {
  it.each(cases)("%s", (text, expected) => {
    expect(evaluateText(text)).toBe(expected);
  });
});

describe("evaluate()", () => {
  function problemsOf(text: string) {
    const diagnostics = new Diagnostics();
    const expression = parseExpressionText(new SourceFile("test.hcl", text), diagnostics);
    if (expression) evaluate(expression, sampleScope(), diagnostics);
    return diagnostics.all;
  }

  it("names the values that a failing expression was computed from", () => {
    const [problem] = problemsOf("o.a + l");
    expect(problem?.values).toEqual([{ expression: "l", statement: "is a list of string with 2 elements" }]);
  });

  it("hides sensitive values wherever they come up", () => {
    const failing = [
      '"x" + secret',
      "[for c in secret: c]",
      "parseint(secret, 10)",
      "o[secret]",
      "{for v in [1, 2]: secret => v}",
      "secret.x",
      "l[secret]",
      '[for v in split("e", secret): v + 1]',
      '{for v in split("-", "${secret}-${secret}"): v => 1}',
      'split("x", secret)[*].x',
      'split("x", secret)[secret]',
      '{(secret) = 1}["hxnter1"]',
    ];
    for (const text of failing) {
      expect(problemsOf(text).length, text).toBeGreaterThan(0);
      expect(
        JSON.stringify(problemsOf(text).map(({ summary, detail, values }) => ({ summary, detail, values }))),
        text,
      ).not.toMatch(/hunt|r2/);
    }
  });

  it("suggests names", () => {
    expect(problemsOf("uper(s)")[0]?.detail).toContain('Did you mean "upper"?');
    expect(problemsOf("sett")[0]?.detail).toContain('Did you mean "set"?');
    expect(problemsOf("o.C")[0]?.detail).toContain('Did you mean "c"?');
  });

  it("finds every problem of an expression", () => {
    expect(problemsOf("[x, y, 1 + z]").map(({ detail }) => detail)).toEqual([
      expect.stringContaining('"x"'),
      expect.stringContaining('"y"'),
      expect.stringContaining('"z"'),
    ]);
  });

  it("refuses expressions that are nested too deeply, chains included", () => {
    for (const text of [
      "(".repeat(5000),
      "[".repeat(5000),
      `1${" + 1".repeat(5000)}`,
      `o${".a".repeat(5000)}`,
      "-".repeat(5000),
      `${'"${'.repeat(3000)}1`,
    ]) {
      expect(evaluateText(text)).toContain("! ");
    }
    expect(evaluateText(`1${" + 1".repeat(300)}`)).toBe("301");
  });

  it("refuses values that no machine can hold", () => {
    const many = "[for a in range(150): [for b in range(150): [for c in range(150): a + b + c]]]";
    expect(evaluateText(many)).toBe("! Expression cannot be evaluated");
    let deep = trueValue;
    for (let level = 0; level < 480; level++) deep = tupleValue([deep]);
    expect(evaluateText("[deep][0] == deep", sampleScope({ deep }))).toBe("true");
    expect(evaluateText(`${"[".repeat(30)}deep${"]".repeat(30)}`, sampleScope({ deep }))).toBe(
      "! Expression cannot be evaluated",
    );
  });
});

it("refuses a value in JSON that has a property twice", () => {
  const diagnostics = new Diagnostics();
  const expression = parseJsonText(new SourceFile("t.json", '{"a": 1, "b": {"c": 1, "c": 2}}'), diagnostics);
  if (!expression) throw new Error("The test's JSON cannot be read");
  evaluate(expression, sampleScope(), diagnostics);
  expect(diagnostics.all.map(({ summary, detail }) => `${summary}: ${detail}`)).toEqual([
    'Duplicate object attribute: "c" stands in this object twice.',
  ]);
});
