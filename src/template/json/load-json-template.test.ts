import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Template } from "../definition.ts";
import { TemplateError } from "../diagnostic.ts";
import type { LoadOptions } from "../load-options.ts";
import { loadTemplate } from "../load-template.ts";

let folder = "";
beforeAll(() => {
  folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "json-template-")));
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

function write(content: unknown, name = "template.json"): string {
  const file = path.join(folder, name);
  fs.writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}

function load(content: unknown, options: Partial<LoadOptions> = {}): Promise<Template> {
  return loadTemplate({ path: write(content), env: {}, ...options });
}

async function problemsOf(content: unknown, options: Partial<LoadOptions> = {}): Promise<readonly string[]> {
  const error: unknown = await load(content, options).catch((thrown: unknown) => thrown);
  if (!(error instanceof TemplateError)) throw new Error("It was not refused", { cause: error });
  const place = (diagnostic: TemplateError["diagnostics"][number]) => {
    const at = diagnostic.span?.source.locate(diagnostic.span.start);
    return at ? `${at.line}:${at.column} ` : "";
  };
  return error.diagnostics
    .filter(({ severity }) => severity === "error")
    .map((diagnostic) => `${place(diagnostic)}${diagnostic.summary}: ${diagnostic.detail}`);
}

const builder = { type: "outscale-chroot" };

describe("loadJsonTemplate() makes builds", () => {
  it("of builders, with their options as they are written", async () => {
    const options = {
      omi_name: "debian {{timestamp}}",
      tags: { Name: "x" },
      chroot_mounts: [["proc", "proc", "/proc"]],
    };
    const { builds, files, warnings } = await load({
      builders: [{ ...builder, ...options, root_volume_size: 10, sudo: null }],
    });
    expect(files).toEqual([path.join(folder, "template.json")]);
    expect(warnings).toEqual([]);
    expect(builds).toHaveLength(1);
    expect(builds[0]).toMatchObject({
      name: "outscale-chroot",
      sourceName: "outscale-chroot",
      type: "outscale-chroot",
      provisioners: [],
      postProcessors: [],
      errorCleanupProvisioner: undefined,
    });
    expect(builds[0]?.config).toEqual({
      ...options,
      root_volume_size: 10,
      sudo: null,
      packer_user_variables: {},
      packer_sensitive_variables: [],
    });
  });

  it("in the order of their names, which may hold templates", async () => {
    const { builds } = await load(
      {
        variables: { os: "debian" },
        builders: [builder, { ...builder, name: "{{user `os`}}-{{upper `b`}}" }, { ...builder, name: "a" }],
      },
      {},
    );
    expect(builds.map(({ name }) => name)).toEqual(["a", "debian-B", "outscale-chroot"]);
  });

  it("with the places of their options", async () => {
    const text = `{
  "builders": [{
    "type": "outscale-chroot",
    "tags": { "Name": "x" },
    "chroot_mounts": [["proc", "proc", "/proc"],
      ["sysfs"]]
  }]
}`;
    const { builds } = await load(text);
    const locate = (option: string) => {
      const place = builds[0]?.locate(option);
      return place && `${place.line}:${place.column}`;
    };
    expect(
      ["tags", "tags.Name", "chroot_mounts[1]", "chroot_mounts[1][0]", "chroot_mounts[9]", "omi_name"].map(locate),
    ).toEqual(["4:5", "4:15", "6:7", "6:8", "5:5", "2:16"]);
  });

  it("that -only and -except leave, by their whole names", async () => {
    const template = {
      builders: [
        { ...builder, name: "a" },
        { ...builder, name: "b" },
      ],
    };
    expect((await load(template, { only: ["b"] })).builds.map(({ name }) => name)).toEqual(["b"]);
    expect((await load(template, { except: ["b"] })).builds.map(({ name }) => name)).toEqual(["a"]);
    const { builds, warnings } = await load(template, { only: ["a*"] });
    expect(builds).toEqual([]);
    expect(warnings).toEqual([
      '-only "a*" matches no build: The builds are a, b; of a JSON template the whole name must be given.',
    ]);
  });

  it("with provisioners, their overrides, and for which builders they are", async () => {
    const { builds } = await load({
      variables: { tries: "3" },
      builders: [
        { ...builder, name: "a" },
        { ...builder, name: "b" },
      ],
      provisioners: [
        {
          type: "shell",
          inline: ["echo {{user `x`}} {{.Vars}}"],
          pause_before: "10s",
          timeout: "1h30m",
          max_retries: "{{user `tries`}}",
          override: { b: { inline: ["b"] } },
        },
        { type: "file", only: ["a"], source: "s", max_retries: 5, pause_before: 2_000_000 },
        { type: "breakpoint", except: ["a"] },
      ],
      "error-cleanup-provisioner": { type: "shell-local", command: "x" },
    });
    const [a, b] = builds;
    expect(a?.provisioners.map(({ type }) => type)).toEqual(["shell", "file"]);
    expect(b?.provisioners.map(({ type }) => type)).toEqual(["shell", "breakpoint"]);
    expect(a?.provisioners[0]).toMatchObject({ pauseBeforeMs: 10_000, timeoutMs: 5_400_000, maxRetries: 3 });
    expect(a?.provisioners[1]).toMatchObject({ pauseBeforeMs: 2, timeoutMs: 0, maxRetries: 5 });
    expect(a?.provisioners[0]?.evaluate({})).toEqual({ inline: ["echo {{user `x`}} {{.Vars}}"] });
    expect(b?.provisioners[0]?.evaluate({})).toEqual({ inline: ["b"] });
    expect(a?.errorCleanupProvisioner?.type).toBe("shell-local");
    expect(a?.errorCleanupProvisioner?.evaluate({})).toEqual({ command: "x" });
  });

  it("with post-processors in each of their forms", async () => {
    const template = {
      builders: [builder],
      "post-processors": [
        "manifest",
        { type: "manifest", name: "named", output: "x", keep_input_artifact: true },
        [{ type: "checksum", except: ["outscale-chroot"] }, "manifest", { type: "shell-local", name: "last" }],
        [{ type: "nowhere", only: [] }],
      ],
    };
    const chains = async (options: Partial<LoadOptions> = {}) => {
      const { builds } = await load(template, options);
      return builds[0]?.postProcessors.map((chain) => chain.map(({ name }) => name));
    };
    expect(await chains()).toEqual([["manifest"], ["named"], ["manifest", "last"], ["nowhere"]]);
    expect(await chains({ except: ["last"] })).toEqual([["manifest"], ["named"], ["manifest"], ["nowhere"]]);
    expect(await chains({ except: ["manifest"] })).toEqual([["named"], ["nowhere"]]);
    const { builds } = await load(template);
    const [first, second] = builds[0]?.postProcessors.flat() ?? [];
    expect(first).toMatchObject({ type: "manifest", name: "manifest", keepInputArtifact: undefined });
    expect(second).toMatchObject({ type: "manifest", name: "named", keepInputArtifact: true });
    expect(second?.evaluate({})).toEqual({ output: "x" });
  });

  it("leaving comments aside", async () => {
    const template = { _comment: "x", description: "d", min_packer_version: "1.2", push: {}, builders: [builder] };
    expect((await load(template)).builds).toHaveLength(1);
  });
});

describe("loadJsonTemplate() resolves variables", () => {
  const withVariables = (variables: Record<string, string | null>) => ({ variables, builders: [builder] });
  const valuesOf = async (variables: Record<string, string | null>, options: Partial<LoadOptions> = {}) => {
    return (await load(withVariables(variables), options)).builds[0]?.userVariables;
  };

  it("from defaults, files and the command line, the last winning", async () => {
    const file = write({ b: "file", c: "file" }, "vars.json");
    const later = write({ c: "later", undeclared: "x" }, "later.json");
    const vars = [{ name: "d", value: "arg" }];
    expect(
      await valuesOf({ a: "default", b: "default", c: "default", d: null }, { vars, varFiles: [file, later] }),
    ).toEqual({
      a: "default",
      b: "file",
      c: "later",
      d: "arg",
      undeclared: "x",
    });
  });

  it("that use each other, the environment and functions", async () => {
    const variables = {
      a: "{{user `b`}}-{{user `c`}}",
      b: "{{env `NAME`}}{{env `UNSET`}}",
      c: "{{isotime `2006`}}{{upper `x`}}",
      d: "{{template_dir}}/f",
    };
    const values = await valuesOf(variables, { env: { NAME: "web" }, now: new Date("2026-11-22T00:00:00Z") });
    expect(values).toEqual({ a: "web-2026X", b: "web", c: "2026X", d: `${folder}/f` });
  });

  it("that are given and use others, declared or not", async () => {
    const vars = [
      { name: "file", value: "{{user `env_1`}}/{{user `dir`}}.vmx" },
      { name: "dir", value: "{{user `env_2`}}-{{user `plain`}}" },
      { name: "plain", value: "parrot" },
    ];
    const variables = { env_1: "{{ env `ONE` }}", env_2: "{{ env `TWO` }}" };
    expect(await valuesOf(variables, { vars, env: { ONE: "1", TWO: "/2" } })).toMatchObject({
      dir: "/2-parrot",
      file: "1//2-parrot.vmx",
    });
  });

  it("leaving late values for those who use the variable", async () => {
    expect(await valuesOf({ a: "{{ .HTTPIP }}:{{.HTTPPort}} {{upper `x`}}" })).toEqual({
      a: "{{ .HTTPIP }}:{{.HTTPPort}} X",
    });
  });

  it("rendering a value once", async () => {
    expect(await valuesOf({ a: "{{user `b`}}", b: '{{"{{"}}user `c`}}' })).toEqual({
      a: "{{user `c`}}",
      b: "{{user `c`}}",
    });
  });

  it("and gives them to the builder, the sensitive ones by name", async () => {
    const { builds, sensitiveValues } = await load(
      {
        ...withVariables({ key: "{{env `KEY`}}", region: "r" }),
        "sensitive-variables": ["key", "missing"],
      },
      { env: { KEY: "s3cret" } },
    );
    expect(builds[0]?.config).toEqual({
      packer_user_variables: { key: "s3cret", region: "r" },
      packer_sensitive_variables: ["key", "missing"],
    });
    expect(sensitiveValues).toEqual(["s3cret"]);
  });

  it("warning about a variable that is used and not set", async () => {
    const { warnings } = await load({
      ...withVariables({ region: "x" }),
      builders: [{ ...builder, region: "{{user `regoin`}}" }],
    });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('template.json:1:67: Undefined variable: The template uses the variable "regoin"');
  });
});

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
      ['1:41 Duplicate builder: There is a builder named "outscale-chroot" before. Give one of them another "name".'],
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
        '1:52 Duplicate builder: There is a builder named "a" before, which is written "{{lower `A`}}". Give one of them another "name".',
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
      ['1:37 Duplicate key: The object has "y" before; a key can be given once.'],
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
    expect((await problemsOf(template)).toSorted()).toEqual(problems.toSorted());
  });

  it("variable files that are not JSON objects of strings", async () => {
    const template = { variables: { a: "" }, builders: [builder] };
    const broken = write("{", "broken.json");
    const number = write({ a: 1 }, "number.json");
    const problems = await problemsOf(template, { varFiles: [broken, number, path.join(folder, "missing.json")] });
    expect(problems).toEqual(
      expect.arrayContaining([
        "1:2 The variable file is not JSON: The text ends where a string should be.",
        '1:6 Wrong type in the template: The variable "a" must be a string, not a number.',
        expect.stringContaining("ENOENT"),
      ]),
    );
  });

  it("a file that is not there", async () => {
    await expect(loadTemplate({ path: path.join(folder, "missing.json"), env: {} })).rejects.toThrow(TemplateError);
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
        const result: unknown = await load(template).catch((error: unknown) => error);
        expect(result instanceof TemplateError || (result as Template).builds !== undefined).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
