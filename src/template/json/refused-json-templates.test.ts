import path from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { propertyRuns } from "../../../tests/support/suite/sample.ts";
import { TemplateFolder } from "../../../tests/support/template/load-template-text.ts";
import type { Template } from "../../definition/build-definition.ts";
import { TemplateError } from "../../hcl/source/diagnostic.ts";
import { loadTemplate } from "../load-template.ts";

const templates = new TemplateFolder();
const builder = { type: "outscale-chroot" };

describe("loadJsonTemplate() refuses", () => {
  it.each<[string, unknown, readonly string[]]>([
    [
      "what is not JSON",
      '{"builders":[{"type":"test"}]*',
      ['1:30 The template is not JSON: There is "*" where a comma or "}" should be.'],
    ],
    [
      "a stray character first",
      '*"builders": []}',
      ['1:1 The template is not JSON: There is "*" where a value should begin.'],
    ],
    [
      "a comma too many",
      '{\n  "builders": [\n    { "type":"test", }\n  ]\n}',
      ['3:22 The template is not JSON: There is "}" where a string should be.'],
    ],
    ["an empty file", "", ["1:1 The template is not JSON: The text ends where a value should begin."]],
    ["a list", "[]", ["1:1 Wrong type in the template: A template must be an object, not a list."]],
    ["no builders", {}, ['1:1 No builder: A template needs at least one builder, in "builders".']],
    ["a builder without a type", { builders: [{ foo: "x" }] }, ['1:14 Missing type: The builder 1 has no "type".']],
    [
      "two builders of a name",
      { builders: [builder, builder] },
      ['1:41 Duplicate builder: An earlier builder has the name "outscale-chroot". Give one of them another "name".'],
    ],
    [
      "two builders whose names turn out the same, and one whose name turns out empty",
      {
        builders: [
          { ...builder, name: "a" },
          { ...builder, name: "{{lower `A`}}" },
          { ...builder, name: "{{user `x`}}" },
        ],
      },
      [
        '1:52 Duplicate builder: An earlier builder has the name "a", which is written "{{lower `A`}}". Give one of them another "name".',
        '1:102 Empty name: The builder\'s name is empty, which is written "{{user `x`}}".',
      ],
    ],
    [
      "an unknown key",
      { builders: [builder], provisoners: [] },
      [
        '1:42 Unknown root level key: A template has no "provisoners". Did you mean "provisioners"? A comment\'s key begins with "_".',
      ],
    ],
    [
      "a comment that is no text",
      { _c: 1, builders: [builder] },
      ['1:7 Wrong type in the template: The comment "_c" must be a string, not a number.'],
    ],
    [
      "a key given twice",
      '{"builders":[{"type":"a","x":{"y":1,"y":2}}]}',
      ['1:37 Duplicate key: "y" is given before; a key can be given once.'],
    ],
    [
      "a newer Packer",
      { min_packer_version: "2.0.0", builders: [builder] },
      [
        "1:23 Unsupported Packer version: The template needs Packer 2.0.0 or later; this program reads what Packer 1.16.0 reads.",
      ],
    ],
    [
      "a version that is none",
      { min_packer_version: "x", builders: [builder] },
      ['1:23 Invalid min_packer_version: "x" is not a version such as "1.7.0".'],
    ],
    [
      "a variable that is no text",
      { variables: { a: 1, b: true, c: [] }, builders: [builder] },
      [
        '1:19 Wrong type in the template: The variable "a" must be a string, not a number.',
        '1:25 Wrong type in the template: The variable "b" must be a string, not a bool.',
        '1:34 Wrong type in the template: The variable "c" must be a string, not a list.',
      ],
    ],
    [
      "a required variable that is not set",
      { variables: { a: null }, builders: [builder] },
      ['1:15 Required variable not set: The variable "a" has no default. Set it with -var "a=..." or in a -var-file.'],
    ],
    [
      "variables that use each other",
      { variables: { a: "{{user `b`}}", b: "{{user `a`}}" }, builders: [builder] },
      ['1:15 Variables use each other: "a" uses "b" uses "a".'],
    ],
    [
      "a variable that uses an unknown one",
      { variables: { a: "{{user `x`}}" }, builders: [builder] },
      [
        '1:15 Cannot render the variable "a": user failed: the variable "x" is not set; declare it or pass it with -var (line 1, column 3 of "{{user `x`}}").',
      ],
    ],
    [
      "a sensitive variable that cannot be rendered, without showing it",
      { variables: { a: "s3cret {{" }, "sensitive-variables": ["a"], builders: [builder] },
      ['1:15 Cannot render the variable "a": It is sensitive: what it holds is not shown.'],
    ],
    [
      "names of builders that do not exist",
      {
        builders: [builder],
        provisioners: [{ type: "shell", only: ["a"], override: { b: {} } }],
        "post-processors": [{ type: "x", except: ["outscale-chrot"] }],
      },
      [
        '1:58 Unknown builder: "only" names the builder "a", but there is outscale-chroot.',
        '1:128 Unknown builder: "except" names the builder "outscale-chrot", but there is outscale-chroot. Did you mean "outscale-chroot"?',
        '1:58 Unknown builder: "override" names the builder "b", but there is outscale-chroot.',
      ],
    ],
    [
      "both only and except",
      {
        builders: [builder],
        provisioners: [{ type: "shell", only: ["outscale-chroot"], except: ["outscale-chroot"] }],
      },
      ["1:58 Only one of 'only' and 'except' may be set: Name the builders it is for, or those it is not for."],
    ],
    [
      "provisioners and post-processors of the wrong shape",
      {
        builders: [builder],
        provisioners: ["shell", { inline: [] }],
        "post-processors": [[["a"]], 1, { keep_input_artifact: true }],
      },
      [
        "1:58 Wrong type in the template: The provisioner 1 must be an object, not a string.",
        '1:66 Missing type: The provisioner 2 has no "type".',
        "1:101 Wrong type in the template: The post-processor 1.1 must be a string or an object.",
        "1:108 Wrong type in the template: The post-processor 2.1 must be a string or an object.",
        '1:110 Missing type: The post-processor 3.1 has no "type".',
      ],
    ],
    [
      "limits that are none",
      {
        builders: [builder],
        provisioners: [{ type: "shell", timeout: "soon", pause_before: "-1s", max_retries: "many" }],
      },
      [
        '1:106 Invalid duration: "pause_before" of the provisioner 1 must be a duration such as "10s" or "1h30m", not "-1s".',
        '1:84 Invalid duration: "timeout" of the provisioner 1 must be a duration such as "10s" or "1h30m", not "soon".',
      ],
    ],
    [
      "a number of retries that is none",
      { builders: [builder], provisioners: [{ type: "shell", max_retries: "many" }] },
      ['1:58 Invalid max_retries: It must be a whole number, not "many".'],
    ],
    [
      "a builder's name that cannot be rendered",
      { builders: [{ ...builder, name: "{{build_name}}" }] },
      [
        '1:14 Cannot render "name": build_name failed: the name of the build is not known here; use it in the options of a builder or provisioner (line 1, column 3 of "{{build_name}}").',
      ],
    ],
  ])("%s", async (_, template, problems) => {
    expect((await templates.problemsOf(template)).toSorted()).toEqual(problems.toSorted());
  });

  it("variable files that are not JSON objects of strings", async () => {
    const template = { variables: { a: "" }, builders: [builder] };
    const broken = templates.write("{", "broken.json");
    const number = templates.write({ a: 1 }, "number.json");
    const problems = await templates.problemsOf(template, {
      varFiles: [broken, number, path.join(templates.path, "missing.json")],
    });
    expect(problems).toEqual(
      expect.arrayContaining([
        "1:2 The variable file is not JSON: The text ends where a string should be.",
        '1:6 Wrong type in the template: The variable "a" must be a string, not a number.',
        expect.stringContaining("ENOENT"),
      ]),
    );
  });

  it("a file that is not there", async () => {
    await expect(loadTemplate({ path: path.join(templates.path, "missing.json"), env: {} })).rejects.toThrow(
      TemplateError,
    );
  });

  it("whatever else is wrong, with a TemplateError", async () => {
    const key = fc.constantFrom(
      "builders",
      "variables",
      "provisioners",
      "post-processors",
      "type",
      "name",
      "only",
      "override",
      "_c",
      "a",
    );
    const text = fc.constantFrom("outscale-chroot", "{{user `a`}}", "{{", "{{env `X`}}", "1s", "a", "");
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        text,
        fc.constantFrom(null, 1, true),
        fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(key, tie("value"), { maxKeys: 4 }),
      ),
    }));
    await fc.assert(
      fc.asyncProperty(fc.dictionary(key, value, { maxKeys: 5 }), async (template) => {
        const result: unknown = await templates.load(template).catch((error: unknown) => error);
        expect(result instanceof TemplateError || (result as Template).builds !== undefined).toBe(true);
      }),
      { numRuns: propertyRuns(300) },
    );
  });
});
