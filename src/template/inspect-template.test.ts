import { describe, expect, it } from "vitest";
import { withFiles } from "../../tests/support/template/load-text.ts";
import { openConsole } from "./console.ts";
import { inspectTemplate } from "./inspect-template.ts";
import { TemplateError } from "./load-template.ts";

const TEXT = `
packer {
  required_plugins {
    outscale = { source = "github.com/outscale/outscale", version = ">= 1" }
  }
}
variable "region" {
  type        = string
  description = "Where"
}
variable "sizes" { default = [1, 2] }
variable "password" {
  default   = "hunter2"
  sensitive = true
}
locals {
  where  = "in \${var.region}"
  hidden = var.password
}
data "outscale-omi" "base" { name = "x" }
source "null" "a" {}
build {
  name        = "web"
  description = "A web server"
  sources     = ["null.a"]
  provisioner "shell" { name = "first" }
  provisioner "file" {}
  error-cleanup-provisioner "shell" {}
  post-processors {
    post-processor "manifest" {}
    post-processor "shell-local" {}
  }
}
`;

describe("inspectTemplate()", () => {
  it("describes a template whose variables are not set, without its secrets", async () => {
    const description = await withFiles(TEXT, {}, inspectTemplate);
    expect(description).toMatchObject({
      plugins: [{ name: "outscale", source: "github.com/outscale/outscale", version: ">= 1" }],
      variables: [
        {
          name: "region",
          type: "string",
          description: "Where",
          isSensitive: false,
          value: undefined,
          setBy: undefined,
        },
        { name: "sizes", type: "tuple([number, number])", setBy: "default" },
        { name: "password", isSensitive: true, value: "(sensitive value)", setBy: "default" },
      ],
      locals: [
        { name: "where", value: "(known after the build has begun)" },
        { name: "hidden", value: "(sensitive value)" },
      ],
      dataSources: [{ type: "outscale-omi", name: "base" }],
      sources: [{ type: "null", name: "a" }],
      builds: [
        {
          name: "web",
          description: "A web server",
          sources: ["null.a"],
          provisioners: ["shell.first", "file"],
          errorCleanupProvisioner: "shell",
          postProcessors: [["manifest", "shell-local"]],
        },
      ],
    });
    expect(description.variables[0]?.location.line).toBe(7);
    expect(JSON.stringify(description)).not.toContain("hunter2");
  });

  it("refuses a broken template", async () => {
    await expect(withFiles("a = ", {}, inspectTemplate)).rejects.toThrow(TemplateError);
  });
});

describe("openConsole()", () => {
  const open = <T>(run: (opened: Awaited<ReturnType<typeof openConsole>>) => T) => {
    const options = { vars: [{ name: "region", value: "eu" }] };
    return withFiles(TEXT, options, async (loadOptions) => run(await openConsole(loadOptions)));
  };

  it("evaluates expressions with the template's variables, locals and functions", async () => {
    await open((opened) => {
      expect(opened.evaluate('upper("${local.where}!")')).toBe("IN EU!");
      expect(opened.evaluate("var.sizes")).toBe("[\n  1,\n  2,\n]");
      expect(opened.evaluate("var.password")).toBe("(sensitive value)");
      expect(opened.evaluate("{ a = { b = null } }")).toBe('{\n  "a" = {\n    "b" = null\n  }\n}');
      expect(() => opened.evaluate("var.regoin")).toThrow(TemplateError);
      expect(() => opened.evaluate("1 +")).toThrow("Missing expression");
      expect(opened.names).toEqual(expect.arrayContaining(["var", "local", "path", "upper", "try", "convert"]));
    });
  });

  it("lists variables and locals", async () => {
    await open((opened) => {
      expect(opened.listVariables()).toBe(
        [
          "var.password = (sensitive value)",
          'var.region = "eu"',
          "var.sizes = [\n  1,\n  2,\n]",
          "local.hidden = (sensitive value)",
          'local.where = "in eu"',
          "",
        ].join("\n"),
      );
    });
  });
});

describe("a template with gaps", () => {
  const GAPS = `
    variable "unset" {}
    locals {
      used   = "a \${var.unset}"
      deep   = [local.used]
      broken = var.nosuch
      fine   = 1
    }
    source "null" "a" {}
    build {
      sources = ["null.a"]
      dynamic "provisioner" {
        for_each = var.unset
        labels   = ["shell"]
        content {}
      }
      dynamic "provisioner" {
        for_each = var.unset
        labels   = [provisioner.value]
        content {}
      }
    }`;

  it("is described but for what cannot be computed, which is named", async () => {
    const { locals, builds, problems } = await withFiles(GAPS, {}, inspectTemplate);
    expect(locals.map(({ name, value }) => [name, value])).toEqual([
      ["used", "(known after the build has begun)"],
      ["deep", "[\n  (known after the build has begun),\n]"],
      ["broken", undefined],
      ["fine", "1"],
    ]);
    expect(builds[0]?.provisioners).toEqual(["shell", "<unknown>"]);
    expect(problems.map(({ summary }) => summary)).toEqual(["Undeclared variable"]);
  });

  it("answers in a console what does not need it", async () => {
    await withFiles(GAPS.replace("broken = var.nosuch", ""), {}, async (options) => {
      const opened = await openConsole(options);
      expect(opened.evaluate("local.fine + 1")).toBe("2");
      expect(opened.evaluate("length(local.deep)")).toBe("1");
      expect(() => opened.evaluate("upper(local.deep[0])")).toThrow('Unset variable "unset"');
      expect(() => opened.evaluate("var.unset")).toThrow('Unset variable "unset"');
      expect(opened.evaluate("packer.iterationID")).toBe("(known after the build has begun)");
    });
  });
});
