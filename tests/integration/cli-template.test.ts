import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { configSchema } from "../../src/config/schema.ts";
import { runProgram } from "../../src/run-program.ts";
import { recordingIo } from "../support/terminal/recording-io.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cli-template-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function run(
  argv: readonly string[],
  { answers = [], isTerminal = false, input }: Parameters<typeof recordingIo>[0] = {},
) {
  const io = recordingIo({ env: {}, answers, isTerminal, ...(input && { input }) });
  const exitCode = await runProgram(argv, io);
  return { exitCode, ...io.written };
}

/** `abc` is too short for the mask of all output: whoever prints it has forgotten that it is sensitive. */
const web = `variable "pw" {
  default   = "abc"
  sensitive = true
}
variable "packages" {
  type        = list(string)
  description = "What is installed"
}
locals {
  key   = "k-\${var.pw}"
  count = length(var.packages)
}
source "outscale-chroot" "web" {
  source_omi       = "ami-1a2b3c4d"
  omi_name         = "web-\${local.count}"
  root_volume_size = 20
  omi_account_ids  = ["123456789012"]
  tags             = { From = "{{.SourceOMI}}", Name = "{{.SourceOMIName}}", Secret = var.pw }
  pre_mount_commands = ["echo {{.Device}} \${var.pw}"]
}
build {
  name    = "base"
  sources = ["source.outscale-chroot.web"]
  provisioner "shell" {
    inline = ["install \${join(" ", var.packages)}", "login \${local.key} \${build.ID}"]
  }
  post-processor "manifest" {
    output = "out.json"
  }
}
`;

let path: string;
beforeEach(async () => {
  path = join(folder, "web.pkr.hcl");
  await writeFile(path, web);
});

const packages = ["-var", 'packages=["nginx","curl"]'];

describe("inspect", () => {
  it("tells what a template consists of, with variables that are not set and without what is sensitive", async () => {
    const { exitCode, stdout, stderr } = await run(["inspect", path]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toMatch(/^ {2}pw +string +\(sensitive value\) +its default$/m);
    expect(stdout).toMatch(/^ {2}packages +list\(string\) +\(must be given\) +What is installed$/m);
    expect(stdout).toContain("local.key = (sensitive value)\n");
    expect(stdout).toMatch(
      /^ {2}base\n {4}sources +outscale-chroot.web\n {4}provisioners +shell\n {4}post-processors +manifest$/m,
    );
    expect(stdout).not.toContain("abc");
  });

  it("gives programs the same as JSON", async () => {
    const { stdout } = await run(["inspect", "-json", ...packages, path]);
    const description = JSON.parse(stdout);
    expect(description.variables).toMatchObject([
      { name: "pw", isSensitive: true, value: "(sensitive value)", setBy: "default" },
      { name: "packages", setBy: "cmd", location: { line: 5 } },
    ]);
    expect(description.builds).toMatchObject([
      { name: "base", provisioners: ["shell"], postProcessors: [["manifest"]] },
    ]);
    expect(stdout).not.toContain("abc");
  });
});

describe("validate", () => {
  it("-syntax-only needs no variables, and finds what is broken", async () => {
    expect(await run(["validate", "-syntax-only", path])).toEqual({
      exitCode: 0,
      stdout: "The syntax of the template is valid.\n",
      stderr: "",
    });
    expect(await run(["validate", path])).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('"packages"') });
    await writeFile(path, web.replace("build {", "build"));
    expect((await run(["validate", "-syntax-only", path])).exitCode).toBe(3);
  });

  it("-json has every problem with its place", async () => {
    await writeFile(path, web.replace("root_volume_size", "root_volume_sise").replace("inline", "inlin"));
    const { exitCode, stdout } = await run(["validate", "--json", ...packages, path]);
    expect(exitCode).toBe(4);
    const { valid, errorCount, diagnostics } = JSON.parse(stdout);
    expect({ valid, errorCount }).toEqual({ valid: false, errorCount: 2 });
    expect(diagnostics).toContainEqual({
      severity: "error",
      summary: "root_volume_sise: is not an option",
      detail: 'did you mean "root_volume_size"?',
      range: { filename: path, start: { line: 16, column: 3 }, end: { line: 16, column: 3 } },
    });
    // Of a provisioner the line is known, not the column.
    expect(diagnostics).toContainEqual(
      expect.objectContaining({
        summary: expect.stringContaining("inlin"),
        range: { filename: path, start: { line: 24, column: 1 }, end: { line: 24, column: 1 } },
      }),
    );
  });

  it("warns of undeclared values, as Packer does, unless it is told not to", async () => {
    const values = join(folder, "values.pkrvars.hcl");
    await writeFile(values, 'packages = []\nnobody = "x"\n');
    const told = await run(["validate", "-var-file", values, path]);
    expect(told).toMatchObject({ exitCode: 0, stderr: expect.stringContaining("nobody") });
    const quiet = await run(["validate", "-no-warn-undeclared-var", "-var-file", values, path]);
    expect(quiet).toMatchObject({ exitCode: 0, stderr: "" });
  });

  it("-json of a broken template, and of a good one", async () => {
    const good = await run(["validate", "--json", ...packages, path]);
    expect(JSON.parse(good.stdout)).toEqual({ valid: true, errorCount: 0, warningCount: 0, diagnostics: [] });
    const broken = await run(["validate", "--json", path]);
    expect(JSON.parse(broken.stdout)).toMatchObject({
      valid: false,
      diagnostics: [{ severity: "error", range: { filename: path, start: { line: 5, column: 1 } } }],
    });
    expect(JSON.parse((await run(["validate", "--json", join(folder, "no.pkr.hcl")])).stdout).valid).toBe(false);
  });
});

describe("plan", () => {
  it("tells the steps with resolved values, and what only the account can tell", async () => {
    const { exitCode, stdout, stderr } = await run(["plan", ...packages, path]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toContain("base.outscale-chroot.web (eu-west-2): what a build would do. Nothing is done now.");
    expect(stdout).toMatch(/StepCreateVolume +creates the root volume.*\n +CreateVolume\n.*\n.*\n +Size = 20$/m);
    expect(stdout).toMatch(/StepPreMountCommands +\(sensitive value\)$/m);
    expect(stdout).toContain('inline = ["install nginx curl","(sensitive value)"]');
    expect(stdout).toContain('ImageName = "web-2"');
    expect(stdout).toContain("may launch the OMI: 123456789012");
    expect(stdout).toContain("tags: From=ami-1a2b3c4d, Name={{.SourceOMIName}}, Secret=(sensitive value)");
    expect(stdout).toMatch(/^ {2}OMI +web-2 +stays$/m);
    expect(stdout).toMatch(/^ {2}- whether the OMI's name is free$/m);
    expect(stdout).toContain('output = "out.json"');
    expect(stdout).not.toContain("abc");
  });

  it("is JSON for programs", async () => {
    const { stdout } = await run(["plan", "-json", "-force", ...packages, path]);
    const [plan] = JSON.parse(stdout).plans;
    const steps: string[] = plan.steps.map(({ step }: { step: string }) => step);
    expect(steps.slice(-5)).toEqual([
      "StepCreateOMI",
      "StepDeregisterOMI",
      "StepCreateOMI",
      "StepUpdateOMIAttributes",
      "StepCreateTags",
    ]);
    expect(plan.resources.map(({ kind }: { kind: string }) => kind)).toEqual([
      "OMI copy",
      "volume",
      "link",
      "snapshot",
      "OMI",
    ]);
    expect(stdout).not.toContain("abc");
  });

  it("refuses what a build would refuse", async () => {
    await writeFile(path, web.replace("= 20", "= 20000"));
    expect(await run(["plan", ...packages, path])).toMatchObject({ exitCode: 4, stdout: "" });
  });

  it("makes no snapshot and no OMI with skip_create_omi, and searches nothing from scratch", async () => {
    const scratch = web
      .replace(
        'source_omi       = "ami-1a2b3c4d"',
        'from_scratch = true\n  skip_create_omi = true\n  root_device_name = "/dev/sda1"\n  pre_mount_commands = ["mkfs {{.Device}}"]\n  omi_block_device_mappings {\n    device_name = "/dev/sda1"\n  }\n  mount_partition = "1"',
      )
      .replace(/omi_account_ids.*\n.*\n.*\n/, "");
    await writeFile(path, scratch);
    const { stdout, stderr } = await run(["plan", ...packages, path]);
    expect(stdout, stderr).toContain("creates an empty volume");
    expect(stdout).not.toMatch(/StepSourceOMIInfo|StepCopySourceOMI|StepSnapshot|StepCreateOMI/);
  });
});

describe("what is sensitive", () => {
  const secret = Array.from({ length: 600 }, (_, line) => `-(${line}) ${"k".repeat(50)}`).join("\n");
  const template = (value: string) => `variable "ca" {
  type      = string
  sensitive = true
}
variable "x" {
  default   = ${JSON.stringify(value)}
  sensitive = true
}
locals {
  config = "users:\\n  - name: true\\nca: \${var.ca}"
  public = "users: ${value}"
}
source "outscale-chroot" "web" {
  source_omi      = "ami-1a2b3c4d"
  omi_name        = "web-1"
  omi_description = local.config
  tags            = { Secret = var.x, Public = "${value}", Number = 1 }
}
build {
  sources = ["source.outscale-chroot.web"]
  provisioner "shell" {
    inline = ["a", local.config, var.x, "users:"]
  }
}
`;

  it.each([["validate"], ["inspect"], ["plan"]])("is in no output of %s, however large it is", async (command) => {
    await writeFile(path, template("a"));
    const values = join(folder, "ca.pkrvars.json");
    await writeFile(values, JSON.stringify({ ca: secret }));
    const { exitCode, stdout, stderr } = await run([command, "-var-file", values, path]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).not.toContain("kkkk");
  });

  // A letter that is everywhere, words of JSON, and a word of our own output.
  it.each(["a", "true", "line", "users", "severity", "web-1"])("hides nothing else when it is %j", async (value) => {
    await writeFile(path, template(value));
    const given = ["-var", "ca=x", path];
    expect((await run(["inspect", ...given])).stdout).toContain(`local.public = "users: ${value}"\n`);
    const inspected = JSON.parse((await run(["inspect", "-json", ...given])).stdout);
    expect(inspected.locals.map(({ value: shown }: { value: string }) => shown)).toEqual([
      "(sensitive value)",
      `"users: ${value}"`,
    ]);
    const validated = await run(["validate", "-json", ...given]);
    expect(JSON.parse(validated.stdout)).toEqual({ valid: true, errorCount: 0, warningCount: 0, diagnostics: [] });
    const [plan] = JSON.parse((await run(["plan", "-json", ...given])).stdout).plans;
    const steps = new Map(plan.steps.map((step: { step: string }) => [step.step, step]));
    expect(steps.get("StepChrootProvision")).toMatchObject({
      provisioners: [{ options: { inline: ["a", "(sensitive value)", "(sensitive value)", "users:"] } }],
    });
    expect(steps.get("StepCreateOMI")).toMatchObject({
      requests: [{ request: { ImageName: "web-1", Description: "(sensitive value)" } }],
    });
    expect(steps.get("StepCreateTags")).toMatchObject({
      does: expect.arrayContaining([expect.stringContaining(`Public=${value}, Secret=(sensitive value)`)]),
    });
    const answers = ["local.public", "var.x"];
    expect((await run(["console", ...given], { answers })).stdout).toBe(`users: ${value}\n(sensitive value)\n`);
  });
});

describe("console", () => {
  it("evaluates line by line, goes on after an error, and ends with its code", async () => {
    const answers = ["upper(var.packages[0])", "var.pw", "1 +", "", "local.count + 1", "variables", "exit", "2"];
    const { exitCode, stdout, stderr } = await run(["console", ...packages, path], { answers });
    expect(exitCode).toBe(3);
    expect(stdout.split("\n").slice(0, 3)).toEqual(["NGINX", "(sensitive value)", "3"]);
    expect(stdout).toContain("local.key = (sensitive value)\n");
    expect(stdout).not.toMatch(/abc|^2$/m);
    expect(stderr).toContain("<console-input>:1:4");
  });

  it("greets a person, for whom an error is no failure", async () => {
    const { exitCode, stdout } = await run(["console", path, ...packages], {
      answers: ["nope", "help"],
      isTerminal: true,
    });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^outscale-chroot .*"help" lists what there is/);
    expect(stdout).toContain("exit       ends the console");
  });

  it("has the functions alone without a template, and no variables", async () => {
    const answers = ["packer.version", 'sha1("a")', '"$${a}"', '["a"]'];
    expect(await run(["console"], { answers })).toMatchObject({
      exitCode: 0,
      stdout: '1.16.0\n86f7e437faa5a7fce15d1ddcb9eaeaea377667b8\n${a}\n[\n  "a",\n]\n',
    });
    expect(await run(["console", "-literal"], { answers: answers.slice(0, 3) })).toMatchObject({
      stdout: '"1.16.0"\n"86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"\n"$${a}"\n',
    });
    expect(await run(["console", "-var", "a=1"])).toMatchObject({ exitCode: 2 });
  });

  it("renders texts with the variables of a JSON template", async () => {
    const json = join(folder, "web.json");
    const variables = { name: "web", pw: "abc" };
    const builders = [{ type: "outscale-chroot" }];
    await writeFile(json, JSON.stringify({ variables, "sensitive-variables": ["pw"], builders }));
    const answers = ["{{ user `name` | upper }}!", "{{ user `pw` | upper }}", "variables"];
    expect(await run(["console", json], { answers })).toMatchObject({
      stdout: "WEB!\n(sensitive value)\nname = web\npw = (sensitive value)\n",
    });
  });
});

describe("fmt", () => {
  const crooked = 'locals {\na = 1\n  long = "x"\n}\n';
  const straight = 'locals {\n  a    = 1\n  long = "x"\n}\n';
  let inner: string;
  beforeEach(async () => {
    inner = await mkdtemp(join(folder, "fmt-"));
    await mkdir(join(inner, "below"));
    const names = ["a.pkr.hcl", "b.pkrvars.hcl", "below/c.pkr.hcl", ".hidden.pkr.hcl", "notes.hcl"];
    await Promise.all(names.map((name) => writeFile(join(inner, name), crooked)));
    await writeFile(join(inner, "straight.pkr.hcl"), straight);
  });
  const read = (name: string) => readFile(join(inner, name), "utf8");

  it("rewrites templates and variable files of a folder, and names them", async () => {
    const { exitCode, stdout } = await run(["fmt", inner]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: `${inner}/a.pkr.hcl\n${inner}/b.pkrvars.hcl\n` });
    expect(await read("a.pkr.hcl")).toBe(straight);
    expect(await Promise.all(["below/c.pkr.hcl", ".hidden.pkr.hcl", "notes.hcl"].map(read))).toEqual([
      crooked,
      crooked,
      crooked,
    ]);
  });

  it("-recursive goes into folders", async () => {
    expect((await run(["fmt", "-recursive", inner])).stdout).toContain(`${inner}/below/c.pkr.hcl\n`);
    expect(await read("below/c.pkr.hcl")).toBe(straight);
  });

  it("-check writes nothing and exits with 3, or with 0 when all is well", async () => {
    expect(await run(["fmt", "-check", inner])).toMatchObject({ exitCode: 3, stderr: "" });
    expect(await read("a.pkr.hcl")).toBe(crooked);
    expect(await run(["fmt", "-check", join(inner, "straight.pkr.hcl")])).toEqual({
      exitCode: 0,
      stdout: "",
      stderr: "",
    });
  });

  it("-diff shows what changes, with -write=false without changing it", async () => {
    const file = join(inner, "a.pkr.hcl");
    const { stdout } = await run(["fmt", "-diff", "-write=false", file]);
    expect(stdout).toBe(
      `${file}\n--- old/${file}\n+++ new/${file}\n@@ -1,4 +1,4 @@\n locals {\n-a = 1\n+  a    = 1\n   long = "x"\n }\n`,
    );
    expect(await read("a.pkr.hcl")).toBe(crooked);
  });

  it("- formats standard input", async () => {
    expect(await run(["fmt", "-"], { answers: ["locals{", "a =  1", "}", ""] })).toMatchObject({
      exitCode: 0,
      stdout: "locals {\n  a = 1\n}\n",
    });
    expect(await run(["fmt", "-check", "-"], { answers: ["a =  1", ""] })).toMatchObject({ exitCode: 3, stdout: "" });
  });

  it.each([
    ["a syntax error", Buffer.from("a = \n")],
    ["an encoding other than UTF-8", Buffer.from('a = "\xff"\n', "latin1")],
  ])("- gives nothing out for %s", async (_, input) => {
    const { exitCode, stdout, stderr } = await run(["fmt", "-"], { input });
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: "" });
    expect(stderr).toContain("<standard input>");
  });

  it("leaves what is broken alone, and formats the rest", async () => {
    await writeFile(join(inner, "a.pkr.hcl"), "locals {\n");
    const { exitCode, stderr } = await run(["fmt", inner]);
    expect(exitCode).toBe(3);
    expect(stderr).toContain(`${inner}/a.pkr.hcl:`);
    expect(await Promise.all(["a.pkr.hcl", "b.pkrvars.hcl"].map(read))).toEqual(["locals {\n", straight]);
  });

  it.each([
    [["fmt"], "No file or folder is given"],
    [["fmt", "/nowhere.pkr.hcl"], "There is no file or folder"],
    [["fmt", "package.json"], "cannot be formatted"],
  ])("refuses %j", async (argv, text) => {
    expect(await run(argv)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(text) });
  });
});

describe("schema", () => {
  it("is a JSON Schema of every option", async () => {
    const { exitCode, stdout } = await run(["schema"]);
    expect(exitCode).toBe(0);
    const { $schema, properties } = JSON.parse(stdout);
    expect($schema).toBe("https://json-schema.org/draft/2020-12/schema");
    expect(Object.keys(properties)).toEqual(Object.keys(configSchema.shape));
  });
});
