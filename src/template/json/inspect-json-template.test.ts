import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { InterpolationError } from "../../go-template/interpolation-error.ts";
import { TemplateError } from "../../hcl/source/diagnostic.ts";
import { openConsole } from "../console.ts";
import { inspectTemplate } from "../inspect-template.ts";

let file = "";
beforeAll(() => {
  file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "json-inspect-")), "template.json");
  const template = {
    description: "A web server",
    variables: { region: "eu-{{env `ZONE`}}", key: "{{env `KEY`}}", needed: null, given: "x" },
    "sensitive-variables": ["key"],
    builders: [{ type: "outscale-chroot", name: "web" }, { type: "outscale-chroot" }],
    provisioners: [{ type: "shell", only: ["web"] }, { type: "file" }],
    "error-cleanup-provisioner": { type: "shell-local" },
    "post-processors": ["manifest", [{ type: "checksum", name: "sums", except: ["web"] }]],
  };
  fs.writeFileSync(file, JSON.stringify(template));
});
afterAll(() => fs.rmSync(path.dirname(file), { recursive: true, force: true }));

const given = [{ name: "given", value: "y" }];

describe("inspectJsonTemplate()", () => {
  it("describes what is written, without wanting variables to be set", async () => {
    const description = await inspectTemplate({ path: file, env: {}, vars: given });
    expect(description).toMatchObject({ files: [file], plugins: [], locals: [], dataSources: [] });
    expect(description.variables).toMatchObject([
      { name: "region", type: "string", value: '"eu-{{env `ZONE`}}"', setBy: "default", isSensitive: false },
      { name: "key", value: "(sensitive value)", setBy: "default", isSensitive: true },
      { name: "needed", value: undefined, setBy: undefined },
      { name: "given", value: '"y"', setBy: "cmd" },
    ]);
    expect(description.sources.map(({ type, name }) => `${type} ${name}`)).toEqual([
      "outscale-chroot web",
      "outscale-chroot outscale-chroot",
    ]);
    expect(description.builds).toMatchObject([
      {
        name: "web",
        description: "A web server",
        sources: ["outscale-chroot.web"],
        provisioners: ["shell", "file"],
        errorCleanupProvisioner: "shell-local",
        postProcessors: [["manifest"]],
      },
      {
        name: "outscale-chroot",
        sources: ["outscale-chroot"],
        provisioners: ["file"],
        postProcessors: [["manifest"], ["checksum.sums"]],
      },
    ]);
  });

  it("is content with a template that builds nothing", async () => {
    const empty = path.join(path.dirname(file), "empty.json");
    fs.writeFileSync(empty, "{}");
    expect(await inspectTemplate({ path: empty, env: {} })).toMatchObject({ variables: [], sources: [], builds: [] });
  });

  it("refuses what is no template", async () => {
    await expect(inspectTemplate({ path: `${file}.missing.json`, env: {} })).rejects.toThrow(TemplateError);
  });
});

describe("openJsonConsole()", () => {
  const vars = [...given, { name: "needed", value: "z" }];
  const env = { ZONE: "west-2", KEY: "s3cret" };

  it("renders lines with the template's variables, the sensitive ones hidden", async () => {
    const console = await openConsole({ path: file, env, vars });
    expect(console.evaluate("{{user `region` | upper}} {{template_dir}}")).toBe(`EU-WEST-2 ${path.dirname(file)}`);
    expect(console.evaluate("{{user `key`}}")).toBe("(sensitive value)");
    expect(console.listVariables()).toBe("given = y\nkey = (sensitive value)\nneeded = z\nregion = eu-west-2\n");
    expect(console.names).toEqual(expect.arrayContaining(["region", "upper", "printf"]));
    expect(() => console.evaluate("{{nosuch}}")).toThrow(InterpolationError);
  });

  it("wants every variable to be set", async () => {
    await expect(openConsole({ path: file, env })).rejects.toThrow("Required variable not set");
  });
});
