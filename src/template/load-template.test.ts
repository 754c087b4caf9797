import { describe, expect, it } from "vitest";
import { loadText, MINIMAL, problemsOf } from "../../tests/support/template/load-text.ts";
import { CancelledError, ExitCode } from "../common/errors.ts";
import type { ProvisionerDefinition } from "../definition/build-definition.ts";
import type { RawConfig } from "../definition/raw-value.ts";
import { TemplateError } from "../hcl/source/diagnostic.ts";
import type { BodyShape } from "./blocks/decode-body.ts";
import { loadTemplate } from "./load-template.ts";

const SHAPE: BodyShape = {
  name: { kind: "attribute" },
  tags: { kind: "attribute" },
  filter: { kind: "block", repeated: false, body: { owners: { kind: "attribute" } } },
  mapping: { kind: "block", repeated: true, body: { size: { kind: "attribute" } } },
};

describe("loadTemplate() variables", () => {
  it("tells what they are set to, and of those with something sensitive the names", async () => {
    const text = `
      variable "size" { default = 2 }
      variable "tags" { default = { a = ["x"] } }
      variable "key" {
        default   = "k-0123456789"
        sensitive = true
      }
      ${MINIMAL}`;
    const { variables } = await loadText(text, { vars: [{ name: "size", value: "3" }] });
    expect(variables).toEqual({ values: { size: 3, tags: { a: ["x"] } }, sensitive: ["key"] });
  });
});

it.each(["a\u0000b", "a".repeat(300), `${"a".repeat(300)}.pkr.hcl`, `${"a".repeat(300)}.json`])(
  "loadTemplate() tells of a path that no file can have: %j",
  async (path) => {
    await expect(loadTemplate({ path, env: {} })).rejects.toThrow(TemplateError);
  },
);

it("loadTemplate() takes no name for one of JavaScript's own", async () => {
  const names = ["__proto__", "constructor", "toString"];
  const declared = names.map((name) => `variable "${name}" { default = "of ${name}" }`).join("\n");
  const { variables } = await loadText(`${declared}\n${MINIMAL}`);
  expect(Object.entries(variables.values)).toEqual(names.map((name) => [name, `of ${name}`]));
  for (const name of names) {
    const block = `dynamic "${name}" {\nfor_each = [1]\nlabels = ["a"]\ncontent {}\n}`;
    const text = `source "null" "a" {}\nbuild {\nsources = ["null.a"]\n${block}\n}`;
    await expect(loadText(text)).rejects.toThrow(`Blocks of type "${name}" are not expected here`);
  }
});

describe("loadTemplate() sources", () => {
  it("decodes arguments and blocks, and knows where each stands", async () => {
    const text = `
      source "null" "test" {
        name    = "x-\${1 + 1}"
        size    = 2.5
        on      = true
        none    = null
        list    = ["a", 1]
        map     = { k = "v", nothing = null }
        filter { owners = ["me"] }
        mapping { size = 1 }
        mapping {
          size = 2
        }
        other { a = 1 }
      }
      build { sources = ["source.null.test"] }`;
    const { builds } = await loadText(text, { shapeOf: () => SHAPE });
    const [build] = builds;
    expect(build).toMatchObject({
      name: "null.test",
      type: "null",
      sourceName: "test",
      config: {
        name: "x-2",
        size: 2.5,
        on: true,
        list: ["a", 1],
        map: { k: "v" },
        filter: { owners: ["me"] },
        mapping: [{ size: 1 }, { size: 2 }],
        other: [{ a: 1 }],
      },
    });
    expect(build?.config).not.toHaveProperty("none");
    const place = (path: string) => [build?.locate(path)?.line, build?.locate(path)?.column];
    expect(place("name")).toEqual([3, 9]);
    expect(place("list[1]")).toEqual([7, 25]);
    expect(place("map.k")).toEqual([8, 21]);
    expect(place("mapping[1].size")).toEqual([12, 11]);
    expect(place("mapping[1].missing")).toEqual([11, 9]);
    expect(place("missing")).toEqual([2, 7]);
  });

  it.each(["]", "[", "a]b", "a[b", "[0]", "a.b", ".", "", "\n]"])("has a place for a key such as %j", async (key) => {
    const tags = `{ for k in [${JSON.stringify(key)}] : k => "x" }`;
    const { builds } = await loadText(`source "null" "a" {\ntags = ${tags}\n}\nbuild { sources = ["null.a"] }\n`);
    expect(builds[0]?.locate(`tags.${key}`)?.line).toBe(2);
  });

  it("has an option as an argument or as a block, as the shape says", async () => {
    const text =
      'source "null" "test" {\nfilter = {}\ntags {}\nmapping "x" {}\nfilter {}\n}\nbuild { sources = ["null.test"] }\n';
    expect(await problemsOf(text, { shapeOf: () => SHAPE })).toEqual([
      "2: Unsupported argument",
      "3: Unsupported block type",
      "4: Extraneous label for mapping",
    ]);
    const twice = 'source "null" "test" {\nfilter {}\nfilter {}\n}\nbuild { sources = ["null.test"] }\n';
    expect(await problemsOf(twice, { shapeOf: () => SHAPE })).toEqual(["3: Duplicate filter block"]);
  });

  it("builds a source under another name, with further options", async () => {
    const text = `
      source "null" "base" {
        name = source.name
        kind = source.type
        mapping { size = 1 }
      }
      build {
        name = "web"
        source "null.base" {
          name = "other"
          more = "yes"
          mapping { size = 2 }
        }
        source "source.null.base" {}
      }`;
    const { builds } = await loadText(text);
    expect(builds.map(({ name, sourceName, config }) => ({ name, sourceName, config }))).toEqual([
      {
        name: "web.null.other",
        sourceName: "base",
        config: { name: "other", kind: "null", more: "yes", mapping: [{ size: 1 }, { size: 2 }] },
      },
      { name: "web.null.base", sourceName: "base", config: { name: "base", kind: "null", mapping: [{ size: 1 }] } },
    ]);
    const again = 'source "null" "a" {\nx = 1\n}\nbuild {\nsource "null.a" {\nx = 2\n}\n}\n';
    expect(await problemsOf(again)).toEqual(["6: Duplicate argument"]);
  });

  it.each(["null.test", "source.null.test", "sources.null.test"])("may be called %s", async (reference) => {
    const { builds } = await loadText(`source "null" "test" {}\nbuild { sources = ["${reference}"] }\n`);
    expect(builds.map(({ name }) => name)).toEqual(["null.test"]);
  });

  it.each<[string, string[]]>([
    ['source "null" {\n}\n', ["1: Missing name for source"]],
    ["source {\n}\n", ["1: Missing type for source"]],
    ['source "a" "b" "c" {\n}\n', ["1: Extraneous label for source"]],
    ['source "null" "a" {}\nsource "null" "a" {}\nbuild { sources = ["null.a"] }\n', ["2: Duplicate source block"]],
    ['build { sources = ["null.a"] }\n', ['1: Unknown source "null.a"']],
    ['build { sources = ["a"] }\n', ["1: Invalid source reference"]],
    ["build {}\n", ["1: Missing source reference"]],
    ["build { sources = 5 }\n", ["1: Unsuitable value type"]],
    ['source "null" "a" {}\n', ["Missing build block"]],
    ["potato {}\n", ["1: Unsupported block type"]],
    ["a = 1\n", ["1: Unsupported argument"]],
    [
      'build {\nsources = ["null.test"]\nprovision {}\n}\n',
      ["3: Unsupported block type", '2: Unknown source "null.test"'],
    ],
    [
      'build {\nsources = ["null.test"]\nprovisioner {}\n}\nsource "null" "test" {}\n',
      ["3: Missing type for provisioner"],
    ],
    ['source "null" "test" { a = build.ID }\nbuild { sources = ["null.test"] }\n', ["1: Unknown variable"]],
  ])("refuses %j", async (text, problems) => {
    expect(await problemsOf(text)).toEqual(problems);
  });
});

describe("loadTemplate() provisioners and post-processors", () => {
  const BUILD = `
    source "null" "a" {}
    source "null" "b" {}
    build {
      name    = "base"
      sources = ["null.a"]
      source "null.b" {
        name = "bee"
      }
      provisioner "shell" {
        inline       = ["echo \${build.ID} \${source.name} \${build.name}"]
        pause_before = "1m30s"
        timeout      = "5s"
        max_retries  = "3"
        override = {
          bee = { inline = ["echo bee"], extra = "x" }
        }
      }
      provisioner "file" {
        only              = ["null.bee"]
        continue_on_error = true
        source            = "f"
      }
      provisioner "sleep" {
        except = ["null.bee"]
      }
      error-cleanup-provisioner "shell" {
        inline = ["echo \${build.PackerRunUUID}"]
      }
      post-processor "manifest" {
        output = "\${build.SourceOMI}.json"
      }
      post-processors {
        post-processor "shell-local" {
          name                = "first"
          keep_input_artifact = true
        }
        post-processor "manifest" {
          only = ["null.a"]
        }
        post-processor "other" {}
      }
    }`;

  it("keeps their order, options and limits", async () => {
    const { builds } = await loadText(BUILD);
    const [a, bee] = builds;
    expect(a?.provisioners).toMatchObject([
      { type: "shell", pauseBeforeMs: 90_000, timeoutMs: 5_000, maxRetries: 3, continueOnError: false },
      { type: "sleep", pauseBeforeMs: 0, timeoutMs: 0, maxRetries: 0 },
    ]);
    expect(a?.provisioners[0]?.location.line).toBe(10);
    expect(bee?.provisioners.map(({ type, continueOnError }) => [type, continueOnError])).toEqual([
      ["shell", false],
      ["file", true],
    ]);
  });

  it("knows the name and the type of the build, as packer hcl2_upgrade writes them", async () => {
    const { builds } = await loadText(`
      source "null" "a" {}
      build {
        name    = "b"
        sources = ["null.a"]
        provisioner "shell" {
          inline = ["\${build.name} \${build.type}"]
        }
      }`);
    expect(builds[0]?.provisioners[0]?.evaluate({})).toEqual({ inline: ["b null"] });
  });

  it("evaluates their options when the builder has generated its values", async () => {
    const { builds } = await loadText(BUILD);
    const [a, bee] = builds;
    expect(a?.provisioners[0]?.evaluate({ ID: "vol-1" })).toEqual({ inline: ["echo vol-1 a base"] });
    expect(bee?.provisioners[0]?.evaluate({ ID: "vol-1" })).toEqual({ inline: ["echo bee"], extra: "x" });
    expect(a?.errorCleanupProvisioner?.evaluate({ PackerRunUUID: "u" })).toEqual({ inline: ["echo u"] });
    expect(a?.postProcessors[0]?.[0]?.evaluate({ SourceOMI: "ami-1" })).toEqual({ output: "ami-1.json" });
    expect(() => a?.provisioners[0]?.evaluate({})).toThrow(TemplateError);
    expect(() => a?.provisioners[0]?.evaluate({})).toThrow('There is no build value "ID"');
  });

  it("chains post-processors, without those that are for other sources", async () => {
    const { builds } = await loadText(BUILD);
    const chains = builds.map(({ postProcessors }) =>
      postProcessors.map((chain) => chain.map(({ type, name, keepInputArtifact }) => [type, name, keepInputArtifact])),
    );
    const manifest = [["manifest", "manifest", undefined]];
    const first = ["shell-local", "first", true];
    const other = ["other", "other", undefined];
    expect(chains).toEqual([
      [manifest, [first, ...manifest, other]],
      [manifest, [first, other]],
    ]);
  });

  it("ends a chain at a post-processor that -except names", async () => {
    const { builds } = await loadText(BUILD, { except: ["manifest"] });
    expect(builds[0]?.postProcessors.map((chain) => chain.map(({ name }) => name))).toEqual([["first"]]);
    expect(builds[1]?.postProcessors.map((chain) => chain.map(({ name }) => name))).toEqual([["first", "other"]]);
  });

  it.each<[string, string[]]>([
    ['provisioner "shell" {\nonly = ["a"]\nexcept = ["b"]\n}', ["5: Only one of 'only' and 'except' may be set"]],
    ['provisioner "shell" {\npause_before = "soon"\n}', ["6: Invalid argument value"]],
    ['provisioner "shell" {\npause_before = "-5s"\n}', ["6: Invalid argument value"]],
    ['provisioner "shell" {\ntimeout = []\n}', ["6: Unsuitable value type"]],
    ['provisioner "shell" {\nmax_retries = 1.5\n}', ["6: Invalid argument value"]],
    ['provisioner "shell" {\nonly = "a"\n}', ["6: Unsuitable value type"]],
    ['provisioner "shell" {\noverride = "x"\n}', ["6: Invalid provisioner override"]],
    ['provisioner "shell" {\noverride = { test = "x" }\n}', ["6: Invalid provisioner override"]],
    ['provisioner "shell" {\ninline = [build.ID + [], missing]\n}', ["6: Invalid operand", "6: Unknown variable"]],
    ['post-processor "manifest" {\nkeep_input_artifact = "maybe"\n}', ["6: Unsuitable value type"]],
    [
      'error-cleanup-provisioner "shell" {}\nerror-cleanup-provisioner "file" {}',
      ["6: Duplicate error-cleanup-provisioner"],
    ],
    ["post-processors {\nshell {}\n}", ["6: Unsupported block type"]],
    ["unknown = 1", ["5: Unsupported argument"]],
  ])("refuses %j", async (block, problems) => {
    const text = `source "null" "test" {}\n\nbuild {\nsources = ["null.test"]\n${block}\n}\n`;
    expect(await problemsOf(text)).toEqual(problems);
  });

  it("reports a problem of a provisioner once, however many sources it serves", async () => {
    const text =
      'source "null" "a" {}\nsource "null" "b" {}\nbuild {\nsources = ["null.a", "null.b"]\nprovisioner "shell" {\nx = y\n}\n}\n';
    expect(await problemsOf(text)).toEqual(["6: Unknown variable"]);
  });
});

describe("loadTemplate() -only and -except", () => {
  const BUILDS = `
    source "null" "a" {}
    source "null" "b" {}
    build { sources = ["null.a", "null.b"] }
    build {
      name    = "web"
      sources = ["null.a"]
    }`;

  it.each<[{ only?: string[]; except?: string[] }, string[], number]>([
    [{}, ["null.a", "null.b", "web.null.a"], 0],
    [{ only: ["null.a"] }, ["null.a"], 0],
    [{ only: ["*.a"] }, ["null.a", "web.null.a"], 0],
    [{ except: ["web.*"] }, ["null.a", "null.b"], 0],
    [{ only: ["*.a"], except: ["web.*"] }, ["null.a"], 0],
    [{ only: ["nothing"] }, [], 1],
    [{ except: ["nothing", "null.b"] }, ["null.a", "web.null.a"], 1],
  ])("%j", async (options, names, warnings) => {
    const template = await loadText(BUILDS, options);
    expect(template.builds.map(({ name }) => name)).toEqual(names);
    expect(template.warnings).toHaveLength(warnings);
  });

  it.each(["web*", "web[1]", "a{b", "a\\\\b", "?", "web"])(
    "has exactly the build that is asked for: %s",
    async (written) => {
      const build = (name: string) => `build {\nname = "${name}"\nsources = ["null.a"]\n}\n`;
      const name = written.replaceAll("\\\\", "\\");
      const text = `source "null" "a" {}\n${["web1", "x", "website"].map(build).join("")}${build(written)}`;
      const { builds, warnings } = await loadText(text, { onlyBuild: `${name}.null.a` });
      expect(builds.map((each) => each.name)).toEqual([`${name}.null.a`]);
      expect(warnings).toEqual([]);
      expect((await loadText(text, { onlyBuild: "we*.null.a" })).warnings).toEqual([
        expect.stringContaining('There is no build "we*.null.a"'),
      ]);
    },
  );

  it("refuses a broken pattern", async () => {
    expect(await problemsOf(BUILDS, { only: ["{a"] })).toEqual([
      "Invalid -only pattern",
      '-only "{a" matches no build',
    ]);
  });
});

describe("loadTemplate() dynamic blocks", () => {
  it("makes blocks from lists, maps and sets, nested ones and those with labels", async () => {
    const text = `
      locals {
        tags = { b = "2", a = "1" }
      }
      source "null" "test" {
        dynamic "tag" {
          for_each = local.tags
          content {
            key   = tag.key
            value = tag.value
          }
        }
        tag { key = "last" }
        dynamic "disk" {
          for_each = [10, 20]
          iterator = it
          content {
            size = it.value
            dynamic "part" {
              for_each = convert(["x"], set(string))
              content {
                name = "\${it.key}-\${part.key}-\${part.value}"
              }
            }
          }
        }
        dynamic "none" {
          for_each = []
          content {}
        }
      }
      build {
        sources = ["null.test"]
        dynamic "provisioner" {
          for_each = ["shell", "file"]
          labels   = [provisioner.value]
          content {
            index = provisioner.key
          }
        }
      }`;
    const { builds } = await loadText(text);
    expect(builds[0]?.config).toEqual({
      tag: [{ key: "a", value: "1" }, { key: "b", value: "2" }, { key: "last" }],
      disk: [
        { size: 10, part: [{ name: "0-x-x" }] },
        { size: 20, part: [{ name: "1-x-x" }] },
      ],
    });
    expect(builds[0]?.provisioners.map(({ type, evaluate }) => [type, evaluate({})])).toEqual([
      ["shell", { index: 0 }],
      ["file", { index: 1 }],
    ]);
  });

  it("makes sources of a build, whose iterator hides the name of the source", async () => {
    const text = `
      variable "images" {
        default = { web = { layers = ["a", "b"] }, db = { layers = [] } }
      }
      source "null" "base" { kind = source.name }
      build {
        dynamic "source" {
          for_each = var.images
          labels   = ["null.base"]
          content {
            name   = source.key
            layers = source.value.layers
          }
        }
        provisioner "shell" {
          layers = length(var.images[source.name].layers)
        }
      }`;
    const { builds } = await loadText(text);
    expect(builds.map(({ name, config, provisioners }) => [name, config, provisioners[0]?.evaluate({})])).toEqual([
      ["null.db", { kind: "db", layers: [] }, { layers: 0 }],
      ["null.web", { kind: "web", layers: ["a", "b"] }, { layers: 2 }],
    ]);
  });

  it("makes provisioners and post-processors for each source", async () => {
    const text = `
      locals {
        steps = { a = ["one", "two"], b = [] }
        kinds = { null = ["x"] }
      }
      source "null" "a" {}
      source "null" "b" {}
      build {
        sources = ["null.a", "null.b"]
        dynamic "provisioner" {
          for_each = local.steps[source.name]
          labels   = ["shell"]
          content {
            inline = ["\${provisioner.value} \${source.name} \${build.ID}"]
          }
        }
        dynamic "error-cleanup-provisioner" {
          for_each = source.name == "b" ? ["x"] : []
          labels   = ["file"]
          content {}
        }
        dynamic "post-processor" {
          for_each = local.kinds[source.type]
          labels   = [source.name]
          content {}
        }
        post-processors {
          dynamic "post-processor" {
            for_each = local.steps[source.name]
            labels   = ["manifest"]
            content {
              output = post-processor.value
            }
          }
        }
      }`;
    const { builds } = await loadText(text);
    const evaluated = ({ type, evaluate }: Pick<ProvisionerDefinition, "type" | "evaluate">) => [
      type,
      evaluate({ ID: "7" }),
    ];
    expect(builds.map(({ provisioners }) => provisioners.map(evaluated))).toEqual([
      [
        ["shell", { inline: ["one a 7"] }],
        ["shell", { inline: ["two a 7"] }],
      ],
      [],
    ]);
    expect(builds.map(({ errorCleanupProvisioner }) => errorCleanupProvisioner?.type)).toEqual([undefined, "file"]);
    expect(builds.map(({ postProcessors }) => postProcessors.map((chain) => chain.map(evaluated)))).toEqual([
      [
        [["a", {}]],
        [
          ["manifest", { output: "one" }],
          ["manifest", { output: "two" }],
        ],
      ],
      [[["b", {}]]],
    ]);
  });

  it("may stand inside a provisioner, and then wait for what the builder generates", async () => {
    const text = `
      source "null" "a" {}
      build {
        sources = ["null.a"]
        provisioner "shell" {
          dynamic "part" {
            for_each = split(",", build.IDs)
            content {
              id = part.value
            }
          }
        }
      }`;
    const { builds } = await loadText(text);
    expect(builds[0]?.provisioners[0]?.evaluate({ IDs: "a,b" })).toEqual({ part: [{ id: "a" }, { id: "b" }] });
  });

  it.each<[string, string]>([
    ["content {}", "Missing required argument"],
    ["for_each = []", "Invalid dynamic block"],
    ["for_each = []\ncontent {}\ncontent {}", "Invalid dynamic block"],
    ["for_each = null\ncontent {}", "Invalid dynamic for_each value"],
    ["for_each = 5\ncontent {}", "Invalid dynamic for_each value"],
    ["for_each = [1]\nlabels = 5\ncontent {}", "Invalid dynamic block labels"],
    ["for_each = [1]\nlabels = [null]\ncontent {}", "Invalid dynamic block label"],
    ["for_each = [1]\niterator = 5\ncontent {}", "Invalid dynamic iterator name"],
    ["for_each = [1]\ncontent {\na = b\n}", "Unknown variable"],
    ["for_each = missing\ncontent {}", "Unknown variable"],
    ["for_each = []\nother = 1\ncontent {}", "Unsupported argument"],
  ])("refuses %j", async (body, problem) => {
    const text = `source "null" "test" {\ndynamic "tag" {\n${body}\n}\n}\nbuild { sources = ["null.test"] }\n`;
    expect((await problemsOf(text)).map((line) => line.replace(/^\d+: /, ""))).toEqual([problem]);
  });
});

describe("loadTemplate() JSON properties", () => {
  const json = (more: string, build = "", source = "") =>
    `{"source": {"null": {"test": {${source}}}}, "build": {"sources": ["null.test"]${build}}${more}}`;

  it.each([
    [json("", "", '"x": 1, "x": 2')],
    [json("", ', "name": "a", "name": "b"')],
    [json("", ', "provisioner": {"shell": {"inline": ["a"], "inline": ["b"]}}')],
    [json("", ', "post-processor": {"manifest": {"output": "a", "output": "b"}}')],
    [json(', "locals": {"a": 1, "a": 2}')],
    [json(', "variables": {"a": "1", "a": "2"}')],
    [json(', "variable": {"a": {"default": "1", "default": "2"}}')],
    [json(', "local": {"a": {"expression": 1, "expression": 2}}')],
  ])("that are given twice are refused, in any body: %s", async (text) => {
    expect(await problemsOf({ "t.pkr.json": text })).toContain("1: Duplicate argument");
  });

  it("of several blocks of a type may be given twice", async () => {
    const text = json("", ', "provisioner": {"shell": {"inline": ["a"]}}, "provisioner": {"shell": {"inline": ["b"]}}');
    const { builds } = await loadText({ "t.pkr.json": text });
    expect(builds[0]?.provisioners).toHaveLength(2);
  });

  it.each([
    [json(', "variable": {"a": {"default": "x", "description": "${nope()}"}}'), []],
    [json(', "variable": [{"a": [{"default": "x", "description": "${nope()}"}]}]'), []],
    [json(', "variable": {"a": {"default": {"description": "${nope()}"}}}'), ["1: Call to unknown function"]],
    [json(', "variable": {"description": {"default": "${nope()}"}}'), ["1: Call to unknown function"]],
    [json(', "locals": {"description": "${nope()}"}'), ["1: Call to unknown function"]],
    [json("", ', "description": "${nope()}"'), ["1: Call to unknown function"]],
  ])("that describe a variable are no templates, others are: %s", async (text, problems) => {
    expect(await problemsOf({ "t.pkr.json": text })).toEqual(problems);
  });
});

describe("loadTemplate() files", () => {
  it("reads all of a folder, in HCL and in JSON", async () => {
    const files = {
      "a.pkr.hcl": 'source "null" "test" {\n  a = local.x\n}\n',
      "b.pkr.json":
        '{"locals": {"x": "${var.y}!"}, "build": {"sources": ["null.test"], "provisioner": [{"shell": {"inline": ["a"]}}, {"file": {}}, {"shell": {}}]}}',
      "c.pkr.hcl": 'variable "y" {}\n',
      "d.auto.pkrvars.json": '{"y": "yes"}',
      "ignored.hcl": "not HCL",
    };
    const template = await loadText(files);
    expect(template.files.map((file) => file.split("/").at(-1))).toEqual(["a.pkr.hcl", "c.pkr.hcl", "b.pkr.json"]);
    expect(template.builds[0]?.config).toEqual({ a: "yes!" });
    expect(template.builds[0]?.provisioners.map(({ type }) => type)).toEqual(["shell", "file", "shell"]);
  });

  it("reads blocks of options in JSON as the shape has them", async () => {
    const json = {
      source: {
        null: {
          test: {
            "//": "a comment",
            name: "x",
            filter: { owners: ["me"] },
            mapping: [{ size: 1 }, { size: 2 }],
            dynamic: { mapping: { for_each: [3], iterator: "it", content: { size: "${it.value}" } } },
          },
        },
      },
      build: { sources: ["null.test"] },
    };
    const { builds } = await loadText({ "t.pkr.json": JSON.stringify(json) }, { shapeOf: () => SHAPE });
    expect(builds[0]?.config).toEqual({
      name: "x",
      filter: { owners: ["me"] },
      mapping: [{ size: 1 }, { size: 2 }, { size: 3 }],
    });
    expect(builds[0]?.locate("mapping[1].size")).toMatchObject({ line: 1 });
  });

  it("reads JSON templates of before HCL2", async () => {
    const json = '{"builders": [{"type": "null", "name": "old"}]}';
    const { builds } = await loadText({ "t.json": json }, { path: "t.json" });
    expect(builds.map(({ name }) => name)).toEqual(["old"]);
  });

  it.each<[Record<string, string>, string | undefined, string]>([
    [{}, undefined, "There is no template at"],
    [{ "a.txt": "" }, "a.txt", "There is no template at"],
    [{ "a.hcl": "" }, "a.hcl", "There is no template at"],
    [{}, "missing.pkr.hcl", "Cannot read the template"],
    [{ "a.pkr.hcl": "a = \u0000" }, undefined, "1: Invalid character"],
    [{ "a.pkr.json": "{" }, undefined, "1: Invalid object property name"],
  ])("refuses %j", async (files, path, problem) => {
    const [first] = await problemsOf(files, path === undefined ? {} : { path });
    expect(first).toContain(problem);
  });

  it("knows its folder and the working folder", async () => {
    const text = `${MINIMAL.replace("{}", "{ root = path.root }")}locals { cwd = path.cwd }\n`;
    const { builds, files } = await loadText(text, { cwd: "/work", path: "test.pkr.hcl" });
    expect(builds[0]?.config).toEqual({ root: files[0]?.replace("/test.pkr.hcl", "") });
  });
});

describe("loadTemplate() packer block", () => {
  it.each<[string, string[]]>([
    ['packer { required_version = ">= 1.7, < 2.0" }', []],
    ["packer {}", []],
    ['packer { required_version = ">= 1.17" }', ["1: Unsupported Packer version"]],
    ['packer { required_version = ">= 7" }\nblock_from_the_future {}', ["1: Unsupported Packer version"]],
    ['packer { required_version = "latest" }', ["1: Invalid version constraint"]],
    ["packer { required_version = 5 + [] }", ["1: Invalid operand"]],
    ["packer { other = 1 }", ["1: Unsupported argument"]],
    ["packer {\nother {}\n}", ["2: Unsupported block type"]],
    [
      'packer {\nrequired_plugins {\noutscale = {\nsource = "github.com/outscale/outscale"\nversion = ">=v0.1.0"\n}\n}\n}',
      [],
    ],
    ['packer {\nrequired_plugins {\nansible = { source = "github.com/hashicorp/ansible", version = "~> 1" }\n}\n}', []],
    [
      'packer {\nrequired_plugins {\namazon = { source = "github.com/hashicorp/amazon", version = "~> 1" }\n}\n}',
      ["3: Unavailable plugin"],
    ],
    ['packer {\nrequired_plugins {\noutscale = ">= 1"\n}\n}', ["3: Invalid plugin requirement"]],
    ['packer {\nrequired_plugins {\noutscale = { version = ">= 1" }\n}\n}', ["3: No plugin source"]],
    ['packer {\nrequired_plugins {\noutscale = { source = "outscale" }\n}\n}', ["3: No plugin version"]],
    [
      'packer {\nrequired_plugins {\noutscale = { source = "outscale", version = "x" }\n}\n}',
      ["3: Invalid version constraint"],
    ],
    [
      'packer {\nrequired_plugins {\noutscale = { source = "outscale", version = ">= 1.0-rc1" }\n}\n}',
      ["3: Invalid version constraint"],
    ],
    [
      'packer {\nrequired_plugins {\noutscale = { source = "outscale", version = "1", x = 1 }\n}\n}',
      ["3: Invalid required_plugins object"],
    ],
    [
      'packer {\nrequired_plugins {\na = { source = "outscale", version = "1" }\na = { source = "outscale", version = "2" }\n}\n}',
      ["4: Attribute redefined"],
    ],
  ])("%j", async (block, problems) => {
    expect(await problemsOf(`${block}\n${MINIMAL}`)).toEqual(problems);
  });

  it("is Packer 1.16.0 to templates", async () => {
    const { builds } = await loadText(MINIMAL.replace("{}", "{ v = packer.version }"));
    expect(builds[0]?.config).toEqual({ v: "1.16.0" });
  });

  it("warns about HCP Packer, which hears nothing from us", async () => {
    const { warnings } = await loadText(`hcp_packer_registry {}\n${MINIMAL}`);
    expect(warnings).toEqual([expect.stringContaining("HCP Packer registry")]);
  });
});

describe("loadTemplate() data sources", () => {
  const DATA = 'data "outscale-omi" "debian" {\n  owner = local.owner\n}\nlocals { owner = "me" }\n';
  const USE = MINIMAL.replace("{}", "{ omi = data.outscale-omi.debian.id }");

  it("reads them with the callback, after the locals that they need", async () => {
    const readData = async (type: string, config: unknown) => ({ id: `${type} ${JSON.stringify(config)}` });
    const { builds } = await loadText(DATA + USE, { readData });
    expect(builds[0]?.config).toEqual({ omi: 'outscale-omi {"owner":"me"}' });
  });

  it("leaves what they give unknown without a callback", async () => {
    const { builds, warnings } = await loadText(DATA + USE);
    expect(builds[0]?.config).toEqual({ omi: "<unknown>" });
    expect(warnings).toEqual([expect.stringContaining("Data source not read")]);
  });

  it("reports a failure at the block, but lets a cancellation through", async () => {
    const failing = { readData: () => Promise.reject(new Error("no such image")) };
    expect(await problemsOf(DATA + USE, failing)).toEqual(['1: Cannot read the data source "outscale-omi"']);
    const cancelled = { readData: () => Promise.reject(new CancelledError()) };
    await expect(loadText(DATA + USE, cancelled)).rejects.toThrow(CancelledError);
  });

  it("has null, which gives back its input", async () => {
    const text = 'data "null" "a" { input = "x" }\ndata "null" "b" { input = "${data.null.a.output}y" }\n';
    const { builds } = await loadText(text + MINIMAL.replace("{}", "{ v = data.null.b.output }"));
    expect(builds[0]?.config).toEqual({ v: "xy" });
  });

  it.each<[string, string[]]>([
    ['data "amazon-ami" "a" {}', ["1: Unknown data source"]],
    ['data "null" {}', ["1: Missing name for data"]],
    ['data "null" "a" {}', ["1: Missing required argument"]],
    ['data "null" "a" { input = 1 }\ndata "null" "a" { input = 2 }', ["2: Duplicate data definition"]],
    [
      'data "null" "a" { input = data.null.b.output }\ndata "null" "b" { input = data.null.a.output }',
      ["1: Circular reference"],
    ],
    ['data "null" "a" { input = local.b }\nlocals { b = data.null.a }', ["1: Circular reference"]],
    ["locals { a = data.null.missing }", ["1: Undeclared data source of type"]],
  ])("refuses %j", async (text, problems) => {
    expect(await problemsOf(`${text}\n${MINIMAL}`)).toEqual(problems);
  });
});

describe("TemplateError", () => {
  it("has every problem, the place of each in the message, and its own exit code", async () => {
    const error = await loadText(`locals {\n  a = b\n  c = d\n}\n${MINIMAL}`).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(TemplateError);
    expect(error).toMatchObject({ code: "E_TEMPLATE", exitCode: ExitCode.Template });
    expect(String(error)).toMatch(/2 problems:\n {2}.*test\.pkr\.hcl:2:7: Unknown variable: .*"b".*\n {2}.*:3:7: /);
  });
});

describe("loadTemplate() takes nothing that is not known for nothing", () => {
  const inBuild = (text: string) => `source "null" "a" {}\nbuild {\nsources = ["null.a"]\n${text}\n}\n`;
  const iteration = "packer.iterationID";

  it.each([
    inBuild('dynamic "provisioner" {\nfor_each = split(",", build.ID)\nlabels = ["shell"]\ncontent {}\n}'),
    inBuild('dynamic "provisioner" {\nfor_each = [build.ID]\nlabels = ["shell"]\ncontent {}\n}'),
    inBuild(`dynamic "post-processor" {\nfor_each = split(",", ${iteration})\nlabels = ["x"]\ncontent {}\n}`),
    inBuild('provisioner "shell" {\nonly = [build.ID]\n}'),
    inBuild('provisioner "shell" {\npause_before = build.ID\n}'),
    inBuild(`provisioner "shell" {\nmax_retries = ${iteration}\n}`),
    inBuild(`provisioner "shell" {\noverride = ${iteration} == "" ? {} : {}\n}`),
    inBuild('post-processor "x" {\nkeep_input_artifact = build.ID == ""\n}'),
    inBuild(`name = ${iteration}`),
    `source "null" "a" {}\nbuild {\nsources = [${iteration}]\n}\n`,
    `source "null" "a" {}\nbuild {\nsource "null.a" {\nname = ${iteration}\n}\n}\n`,
    `source "null" "a" {\nx = "a-\${${iteration}}"\n}\nbuild {\nsources = ["null.a"]\n}\n`,
    `source "null" "a" {\ndynamic "tag" {\nfor_each = split(",", ${iteration})\ncontent {}\n}\n}\nbuild {\nsources = ["null.a"]\n}\n`,
  ])("%s", async (text) => {
    expect(await problemsOf(text)).toEqual([expect.stringMatching(/: Unknown value$/)]);
    // Who does not read data sources does not know what comes from them, and is told so.
    const { warnings } = await loadText(`data "outscale-omi" "x" {}\n${text}`);
    expect(warnings).toEqual([expect.stringContaining("Data source not read")]);
  });

  it("what is not known when a provisioner begins", async () => {
    const { builds } = await loadText(inBuild(`provisioner "shell" {\ninline = [${iteration}]\n}`));
    expect(() => builds[0]?.provisioners[0]?.evaluate({})).toThrow('What "inline" is, is not known');
  });
});

describe("loadTemplate() converts options to their types", () => {
  const shape: BodyShape = {
    text: { kind: "attribute", type: "string" },
    count: { kind: "attribute", type: "number" },
    flag: { kind: "attribute", type: "bool" },
    list: { kind: "attribute", type: { list: "string" } },
    map: { kind: "attribute", type: { map: "string" } },
    block: { kind: "block", repeated: true, body: { text: { kind: "attribute", type: "string" } } },
    loose: { kind: "attribute", type: { map: "string" }, isLoose: true },
  };
  const load = async (body: string) => {
    const text = `source "null" "a" {\n${body}\n}\nbuild {\nsources = ["null.a"]\n}\n`;
    return (await loadText(text, { shapeOf: () => shape })).builds[0]?.config;
  };

  it.each<[string, RawConfig]>([
    ["text = true", { text: "true" }],
    ["text = false", { text: "false" }],
    ["text = 123456789012345678901", { text: "123456789012345678901" }],
    ["text = 0.1", { text: "0.1" }],
    ["text = 1e3", { text: "1000" }],
    ["text = null", {}],
    ['count = "12"', { count: 12 }],
    ["count = 1.5", { count: 1.5 }],
    ['flag = "true"', { flag: true }],
    ['flag = "0"', { flag: false }],
    ['list = [1, true, "a"]', { list: ["1", "true", "a"] }],
    ['list = convert(["b", "a"], set(string))', { list: ["a", "b"] }],
    [
      'map = { enabled = true, off = false, n = 123456789012345678901, s = "x" }',
      { map: { enabled: "true", off: "false", n: "123456789012345678901", s: "x" } },
    ],
    ["block {\ntext = true\n}", { block: [{ text: "true" }] }],
    ["loose = { a = [1, 2] }", { loose: { a: [1, 2] } }],
  ])("%s", async (body, config) => {
    expect(await load(body)).toEqual(config);
  });

  it.each([
    "text = []",
    "text = {}",
    "count = true",
    'count = "x"',
    "flag = 1",
    'flag = "yes"',
    'list = "a"',
    "list = [[]]",
    "map = []",
    "map = { a = [] }",
    "block {\ntext = []\n}",
  ])("refusing %s, as Packer does", async (body) => {
    await expect(load(body)).rejects.toThrow(/Incorrect attribute value type: Inappropriate value for "/);
  });
});
