import { describe, expect, it } from "vitest";
import { type Files, loadText, MINIMAL, withFiles } from "../../tests/support/template/load-text.ts";
import { maskEnvironment } from "../outscale/mask-environment.ts";
import { openConsole } from "./console.ts";
import { inspectTemplate } from "./inspect-template.ts";
import type { LoadOptions } from "./load-options.ts";

const SECRET = "SUPERSECRETKEY0123456789";
const HIDDEN = "(sensitive value)";
const env = { OSC_SECRET_KEY: SECRET, OSC_TOKEN: "a", OSC_REGION: "eu-west-2" };

/** A source that has the variable in an option, and a provisioner that has it in another. */
const USES = `
source "null" "a" { note = var.x }
build {
  sources = ["null.a"]
  provisioner "shell" { env = { X = jsonencode(var.x), R = "eu-west-2" } }
}
`;

/** All that the template's commands can show of it: what `plan`, `inspect` and `console` print. */
async function shownOf(files: Files, options: Partial<LoadOptions> = {}, expression = "var.x") {
  maskEnvironment(env);
  return withFiles(files, { ...options, env: { ...env, ...options.env } } as object, async (loadOptions) => {
    const opened = await openConsole(loadOptions);
    const { variables } = await inspectTemplate(loadOptions);
    return {
      values: variables.map(({ name, value }) => `${name} = ${value}`),
      text: JSON.stringify([variables, opened.listVariables(), opened.evaluate(expression)]),
    };
  });
}

describe("a credential that comes from the environment is sensitive, wherever it ends up:", () => {
  it.each([
    ["a default", 'variable "x" { default = env("OSC_SECRET_KEY") }'],
    ["in a text", 'variable "x" { default = "Bearer ${env("OSC_SECRET_KEY")}" }'],
    ["in an object", 'variable "x" { default = { key = env("OSC_SECRET_KEY") } }'],
    ["in a list", 'variable "x" { default = [["a"], [env("OSC_SECRET_KEY")]] }'],
    ["of a type", 'variable "x" {\ntype = map(list(string))\ndefault = { a = [env("OSC_SECRET_KEY")] }\n}'],
    ["in a set", 'variable "x" {\ntype = set(string)\ndefault = [env("OSC_SECRET_KEY"), "b"]\n}'],
    ["among old variables", 'variables { x = "Bearer ${env("OSC_SECRET_KEY")}" }'],
  ])("%s", async (_, text) => {
    const shown = await shownOf(`${text}\n${USES}`);
    expect(shown.text).not.toContain(SECRET);
    expect(shown.text).toContain(HIDDEN);
    const { builds, variables } = await loadText(`${text}\n${USES}`, { env });
    expect(variables).toEqual({ values: {}, sensitive: ["x"] });
    expect([...(builds[0]?.sensitiveOptions ?? [])].join()).toMatch(/^note/);
    expect(builds[0]?.provisioners[0]?.show({})).toEqual({ env: { X: HIDDEN, R: "eu-west-2" } });
  });

  it.each<[string, Partial<LoadOptions>]>([
    ["the command line", { vars: [{ name: "x", value: `Bearer ${SECRET}` }] }],
    ["a program", { vars: [{ name: "x", value: { key: [SECRET] } }] }],
    ["PKR_VAR_x", { env: { PKR_VAR_x: SECRET } }],
  ])("%s", async (_, options) => {
    const shown = await shownOf(`variable "x" {}\n${USES}`, options);
    expect(shown.text).not.toContain(SECRET);
    expect(shown.text).toContain(HIDDEN);
  });

  it("a variable file", async () => {
    const shown = await shownOf({
      "t.pkr.hcl": `variable "x" {}\n${USES}`,
      "v.auto.pkrvars.hcl": `x = { a = "${SECRET}", b = "eu" }`,
    });
    expect(shown.values).toEqual([`x = {\n  "a" = ${HIDDEN}\n  "b" = "eu"\n}`]);
  });

  it("of any length, by the name of what it is read from", async () => {
    expect((await shownOf('variable "x" { default = "${env("OSC_TOKEN")}" }')).values).toEqual([`x = ${HIDDEN}`]);
  });

  it("of an environment that lists nothing, and answers", async () => {
    const answers = new Proxy({}, { get: (_, name) => (name === "OSC_SECRET_KEY" ? SECRET : undefined) });
    const text = `variable "x" { default = env("OSC_SECRET_KEY") }\n${USES}`;
    const { builds, variables } = await loadText(text, { env: Object.create(answers) });
    expect(variables.sensitive).toEqual(["x"]);
    expect(builds[0]?.config).toEqual({ note: SECRET });
  });

  it("and nothing else is hidden", async () => {
    const text = `variable "x" { default = { r = env("OSC_REGION"), n = env("OSC_PASSWORD"), k = "${SECRET}" } }`;
    const shown = await shownOf(`${text}\n${MINIMAL}`);
    expect(shown.values).toEqual([`x = {\n  "k" = "${SECRET}"\n  "n" = ""\n  "r" = "eu-west-2"\n}`]);
  });
});

describe("and in a JSON template:", () => {
  const template = (x: string) => ({
    "t.json": JSON.stringify({
      variables: { x, y: "<{{user `x`}}>", z: "{{env `OSC_REGION`}}" },
      builders: [{ type: "null" }],
      provisioners: [{ type: "shell", inline: ["{{user `x`}}", "{{user `y`}}", "{{user `z`}}"] }],
    }),
  });
  const shownOfJson = (x: string, options: Partial<LoadOptions> = {}) =>
    shownOf(template(x), { ...options, path: "t.json" }, "{{user `y`}}");

  it.each<[string, string, Partial<LoadOptions>]>([
    ["{{env}}", "{{env `OSC_SECRET_KEY`}}", {}],
    ["{{env}} in a text", "Bearer {{env `OSC_SECRET_KEY`}}", {}],
    ["the command line", "", { vars: [{ name: "x", value: `Bearer ${SECRET}` }] }],
  ])("%s", async (_, x, options) => {
    const shown = await shownOfJson(x, options);
    expect(shown.text).not.toContain(SECRET);
    expect(shown.text).toContain(HIDDEN);
    const { builds, variables } = await loadText(template(x), { ...options, env, path: "t.json" } as object);
    expect(variables).toEqual({ values: { z: "eu-west-2" }, sensitive: ["x", "y"] });
    expect(builds[0]?.provisioners[0]?.show({})).toEqual({ inline: [HIDDEN, HIDDEN, "{{user `z`}}"] });
  });

  it("what the template says openly is not hidden", async () => {
    expect((await shownOfJson(SECRET)).text).toContain(`x = ${SECRET}`);
  });
});
