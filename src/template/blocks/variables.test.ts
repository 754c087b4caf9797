import { describe, expect, it } from "vitest";
import {
  type Files,
  loadText,
  MINIMAL,
  problemsOf,
  type TestOptions,
  withFiles,
} from "../../../tests/support/template/load-text.ts";
import { secrets } from "../../common/secrets.ts";
import type { RawValue } from "../../definition/raw-value.ts";
import { TemplateError } from "../../hcl/source/diagnostic.ts";
import { printDiagnostic } from "../../hcl/source/print-diagnostic.ts";
import { inspectTemplate } from "../inspect-template.ts";

/** The value that `var.x` has. */
async function valueOfX(declaration: string, options: TestOptions = {}, files: Readonly<Record<string, string>> = {}) {
  const main = `${declaration}\n${MINIMAL.replace("{}", "{ x = var.x }")}`;
  const { builds } = await loadText({ ...files, "test.pkr.hcl": main }, options);
  return builds[0]?.config.x;
}

describe("variables", () => {
  const ANY = 'variable "x" { default = "default" }';

  it("are set by defaults, environment, automatic files, given files and arguments, the last of them winning", async () => {
    const auto = { "a.auto.pkrvars.hcl": 'x = "auto hcl"', "a.auto.pkrvars.json": '{"x": "auto json"}' };
    const env = { env: { PKR_VAR_x: "env" } };
    const given = { ...auto, "one.pkrvars.hcl": 'x = "one"', "two.pkrvars.json": '{"x": "two"}' };
    const varFiles = ["one.pkrvars.hcl", "two.pkrvars.json"];
    const vars = [
      { name: "x", value: "first" },
      { name: "x", value: "last" },
    ];
    expect(await valueOfX(ANY)).toBe("default");
    expect(await valueOfX(ANY, env)).toBe("env");
    expect(await valueOfX(ANY, env, { "a.auto.pkrvars.hcl": auto["a.auto.pkrvars.hcl"] })).toBe("auto hcl");
    expect(await valueOfX(ANY, env, auto)).toBe("auto json");
    expect(await valueOfX(ANY, { ...env, varFiles }, given)).toBe("two");
    expect(await valueOfX(ANY, { ...env, varFiles, vars }, given)).toBe("last");
  });

  it.each<[string, string, unknown]>([
    ["string", "text", "text"],
    ["string", '"quoted"', '"quoted"'],
    ["string", "[1]", "[1]"],
    ["number", "12.5", 12.5],
    ["bool", "true", true],
    ["bool", '"true"', true],
    ["list(string)", '["a", 1]', ["a", "1"]],
    ["set(string)", '["b", "a", "b"]', ["a", "b"]],
    ["map(number)", '{a = "1"}', { a: 1 }],
    ["object({a = string, b = optional(number, 5)})", '{a = "x"}', { a: "x", b: 5 }],
    ["tuple([string, number])", '["a", "1"]', ["a", 1]],
    ["any", "[1]", "[1]"],
    ["list(any)", '["a", 1]', ["a", "1"]],
  ])("of type %s take the text %s of the environment", async (type, text, expected) => {
    expect(await valueOfX(`variable "x" {\ntype = ${type}\n}`, { env: { PKR_VAR_x: text } })).toEqual(expected);
  });

  it.each<[string, RawValue, unknown]>([
    ["any", ["a", 1], ["a", 1]],
    ["any", { a: "${upper(1)}" }, { a: "${upper(1)}" }],
    ["string", 5, "5"],
    ["list(string)", ["a", "%{ if"], ["a", "%{ if"]],
    ["map(number)", { a: 1 }, { a: 1 }],
    ["bool", false, false],
  ])("of type %s take %j of a program as it is", async (type, value, expected) => {
    expect(await valueOfX(`variable "x" {\ntype = ${type}\n}`, { vars: [{ name: "x", value }] })).toEqual(expected);
  });

  it.each<[string, string, string[]]>([
    ["type = number", "x", ["Invalid value for variable"]],
    ["type = bool", "TRUE", ["Unknown variable"]],
    ["type = list(string)", "[", ["Missing expression"]],
    ["type = list(string)", "a", ["Unknown variable", 'Unset variable "x"']],
    ["type = object({a = string})", "{}", ["Invalid value for variable"]],
  ])("with %s refuse the text %s", async (body, text, problems) => {
    const found = await problemsOf(`variable "x" {\n${body}\n}\n${MINIMAL}`, { env: { PKR_VAR_x: text } });
    expect(found.map((line) => line.replace(/^\d+: /, ""))).toEqual(expect.arrayContaining(problems.slice(0, 1)));
  });

  it("have the type of their default when they do not say one", async () => {
    const declaration = 'variable "x" { default = ["a"] }';
    expect(await valueOfX(declaration, { env: { PKR_VAR_x: '["b", "c"]' } }).catch(String)).toContain(
      "does not fit its type",
    );
    expect(await valueOfX(declaration, { env: { PKR_VAR_x: '["b"]' } })).toEqual(["b"]);
    expect(await valueOfX('variable "x" { default = 5 }', { env: { PKR_VAR_x: "6" } })).toBe(6);
    expect(await valueOfX('variable "x" { default = [] }', { env: { PKR_VAR_x: "text" } })).toBe("text");
  });

  it("may call env() in their default, and nothing else", async () => {
    expect(await valueOfX('variable "x" { default = env("HERE") }', { env: { HERE: "there" } })).toBe("there");
    expect(await valueOfX('variable "x" { default = "${env("NOWHERE")}" }')).toBe("");
    expect(await problemsOf(`variable "x" { default = upper("a") }\n${MINIMAL}`)).toEqual([
      "1: Call to unknown function",
    ]);
  });

  it("may be declared in one block, as in templates of old", async () => {
    expect(await valueOfX('variables {\nx = "a"\ny = [1]\n}')).toBe("a");
  });

  it.each<[Files, TestOptions, string[]]>([
    ['variable "x" {}\n', {}, ['1: Unset variable "x"']],
    ['variable "x" {}\nvariable "x" {}\n', {}, ["2: Duplicate variable", '1: Unset variable "x"']],
    ['variables {\nx = 1\n}\nvariable "x" { default = 1 }\n', {}, ["2: Duplicate variable"]],
    ['variable "1x" { default = 1 }\n', {}, ["1: Invalid variable name"]],
    ["variable { default = 1 }\n", {}, ["1: Missing name for variable"]],
    ['variable "x" {\ntype = list(string)\ndefault = true\n}\n', {}, ["3: Invalid default value for variable"]],
    ['variable "x" {\ntype = strng\ndefault = 1\n}\n', {}, ["2: Invalid type specification"]],
    ['variable "x" {\ndefault = 1\nother = 1\n}\n', {}, ["3: Unsupported argument"]],
    ['variable "x" {\ndefault = 1\nsensitive = "maybe"\n}\n', {}, ["3: Unsuitable value type"]],
    ['variable "x" { default = local.a }\n', {}, ["1: Unknown variable"]],
    ["", { vars: [{ name: "x", value: "1" }] }, ["Undefined -var variable"]],
    [{ "a.auto.pkrvars.hcl": 'variable "x" {}\n' }, {}, ["1: Variable declaration in a variable file"]],
    [{ "a.auto.pkrvars.hcl": "x {}\n" }, {}, ['1: Unexpected "x" block']],
    [{ "a.auto.pkrvars.hcl": "x = y\n", "b.pkr.hcl": 'variable "x" { default = 1 }' }, {}, ["1: Unknown variable"]],
    [{ "a.txt": "" }, { varFiles: ["a.txt"] }, ["Cannot tell the format of"]],
    [{}, { varFiles: ["a.pkrvars.hcl"] }, ["Cannot read"]],
  ])("refuse %j with %j", async (files, options, problems) => {
    const texts = typeof files === "string" ? { "a.pkr.hcl": files } : files;
    const found = await problemsOf({ ...texts, "z.pkr.hcl": MINIMAL }, options);
    expect(found).toHaveLength(problems.length);
    for (const [index, problem] of problems.entries()) expect(found[index]).toContain(problem);
  });

  it("that no template declares are a warning in a file, unless unwanted, and nothing in the environment", async () => {
    const files = {
      "test.pkr.hcl": `variable "region" { default = 1 }\n${MINIMAL}`,
      "a.auto.pkrvars.hcl": "regoin = 1\n",
    };
    const options = { env: { PKR_VAR_other: "1" } };
    const { warnings } = await loadText(files, options);
    expect(warnings).toEqual([
      expect.stringMatching(/a\.auto\.pkrvars\.hcl:1:1: Undefined variable: .*Did you mean "region"\?/),
    ]);
    expect((await loadText(files, { ...options, warnUndeclared: false })).warnings).toEqual([]);
  });
});

describe("variable validation", () => {
  const rule = (condition: string, message = "It is too short.") => {
    return `variable "x" {\ndefault = "abc"\nvalidation {\ncondition = ${condition}\nerror_message = "${message}"\n}\n}\n${MINIMAL}`;
  };

  it.each<[string, string[]]>([
    [rule("length(var.x) > 2"), []],
    [rule("length(var.x) > 3"), ['2: Invalid value for the variable "x"']],
    [rule('can(regex("^b", var.x))'), ['2: Invalid value for the variable "x"']],
    [rule("var.x"), ["4: Invalid variable validation result"]],
    [rule("var.x == null ? true : null"), ["4: Invalid variable validation result"]],
    [rule("true"), ["4: Invalid variable validation condition"]],
    [rule("var.y == var.x"), ["4: Invalid reference in variable validation", "4: Undeclared variable"]],
    [rule("var.x != local.y"), ["4: Invalid reference in variable validation", "4: Unknown variable"]],
    [rule("length(var.x) > 2", "too short"), ["5: Invalid validation error message"]],
    [rule("length(var.x) > 2", "Too short"), ["5: Invalid validation error message"]],
    [rule("length(var.x) > 2", "Zu kurz!"), []],
    [rule("length(var.x) > 2", "短すぎます."), []],
    [rule("length(var.x) > 2", ""), ["5: Invalid validation error message"]],
    [
      `variable "x" {\ndefault = 1\nvalidation {}\n}\n${MINIMAL}`,
      ["3: Missing required argument", "3: Missing required argument"],
    ],
  ])("%j", async (text, problems) => {
    expect(await problemsOf(text)).toEqual(problems);
  });

  it("shows the value where it was set, with the rule's message", async () => {
    const error = await loadText({
      "t.pkr.hcl": rule("length(var.x) > 3"),
      "v.auto.pkrvars.hcl": '\nx = "ab"\n',
    }).catch((reason: unknown) => reason);
    if (!(error instanceof TemplateError)) throw error;
    const printed = printDiagnostic(error.diagnostics[0] ?? expect.fail());
    expect(printed).toMatch(/v\.auto\.pkrvars\.hcl:2:5/);
    expect(printed).toContain('var.x is "ab"');
    expect(printed).toMatch(/It is too short\.\nThis was checked by the validation rule at .*t\.pkr\.hcl:3\./);
  });
});

describe("sensitive variables", () => {
  const TEXT = `
    variable "password" {
      sensitive = true
      default   = "correct-horse"
      validation {
        condition     = length(var.password) > 50
        error_message = "The password must be long."
      }
    }
    local "token" {
      sensitive  = true
      expression = { inner = "battery-staple", number = 987654 }
    }
    ${MINIMAL}`;

  it("are known to the mask, with what is inside them", async () => {
    await loadText(TEXT.replace("> 50", "> 5"));
    expect(secrets.mask("a correct-horse, battery-staple, 987654")).toBe("a <sensitive>, <sensitive>, <sensitive>");
  });

  it.each<[string, TestOptions]>([
    [TEXT, {}],
    [
      TEXT.replace("sensitive = true", "sensitive = true\ntype = list(string)"),
      { env: { PKR_VAR_password: '["very-secret", "other-secret"' } },
    ],
    [
      TEXT.replace("sensitive = true", "sensitive = true\ntype = map(number)"),
      { vars: [{ name: "password", value: '{ a = "very-secret" }' }] },
    ],
    [
      `${TEXT}locals {\na = var.password + 1\nb = local.token.inner - 1\nc = [for x in var.password : x]\nd = parseint(var.password, 10)\n}`,
      {},
    ],
  ])("are in no diagnostic", async (text, options) => {
    const error = await loadText(text, options).catch((reason: unknown) => reason);
    if (!(error instanceof TemplateError)) throw error;
    const printed = error.diagnostics.map((diagnostic) => printDiagnostic(diagnostic)).join("\n");
    expect(printed).not.toMatch(/correct-horse|battery-staple|very-secret|other-secret/);
    expect(secrets.mask(error.message)).not.toMatch(/correct-horse|battery-staple|very-secret|other-secret/);
  });
});

describe("texts in JSON", () => {
  const TEXTS = ["$${x}", "${1 + 1}", "a${b", "%{ if }", '${upper("a")}'];

  it("are literal in a variable file", async () => {
    const text = `variable "x" {}\nvariable "y" { type = map(list(string)) }\nsource "null" "a" {\nx = var.x\ny = var.y\n}\nbuild {\nsources = ["null.a"]\n}\n`;
    const values = JSON.stringify({ x: TEXTS, y: { "k${": TEXTS } });
    const { builds } = await loadText({ "t.pkr.hcl": text, "v.auto.pkrvars.json": values });
    expect(builds[0]?.config).toEqual({ x: TEXTS, y: { "k${": TEXTS } });
  });

  it.each(TEXTS)("are literal where a variable describes itself: %j", async (text) => {
    const validation = { condition: "${var.x == 1}", error_message: `It is ${text}.` };
    const variable = { x: { description: text, default: 2, validation } };
    const template = { variable, source: { null: { a: {} } }, build: { sources: ["null.a"] } };
    const files = { "t.pkr.json": JSON.stringify(template) };
    await expect(loadText(files)).rejects.toThrow(`It is ${text}.`);
    const { variables } = await withFiles(files, {}, inspectTemplate);
    expect(variables[0]?.description).toBe(text);
  });

  it("are templates elsewhere", async () => {
    const template = { source: { null: { a: { description: "${1 + 1}" } } }, build: { sources: ["null.a"] } };
    expect((await loadText({ "t.pkr.json": JSON.stringify(template) })).builds[0]?.config).toEqual({
      description: 2,
    });
  });
});
