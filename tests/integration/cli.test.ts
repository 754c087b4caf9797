import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { commands } from "../../src/cli/commands.ts";
import { findCommand } from "../../src/cli/find-command.ts";
import { parseFlags } from "../../src/cli/flags.ts";
import { version } from "../../src/common/version.ts";
import { runProgram } from "../../src/run-program.ts";
import { recordingIo } from "../support/terminal/recording-io.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cli-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs one command line in this process. */
async function run(line: string, env: NodeJS.ProcessEnv = {}) {
  const io = recordingIo({ env });
  const exitCode = await runProgram(line.split(" ").filter(Boolean), io);
  return { exitCode, ...io.written };
}

async function template(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

const faulty = `
variable "omi_name" {
  type = string
}
source "outscale-chroot" "debian" {
  omi_name       = var.omi_name
  omi_descriptin = "x"
  source_omi_filter {
    filters = { image-nam = "Debian-12-*" }
    owners  = ["Outscale"]
  }
  tag {
    key = "A"
  }
}
build {
  sources = ["source.outscale-chroot.debian"]
  provisioner "shell" {
    inlin = ["true"]
  }
}
`;

describe("outscale-chroot", () => {
  it.each(["-v", "-version", "--version", "version"])("%s prints the version", async (line) => {
    expect(await run(line)).toEqual({ exitCode: 0, stdout: `outscale-chroot ${version}\n`, stderr: "" });
  });

  it("describes itself as a plugin, and says to a person who starts it what starts it", async () => {
    const described = await run("plugin describe");
    expect(described).toMatchObject({ exitCode: 0, stderr: "" });
    expect(JSON.parse(described.stdout)).toMatchObject({ version, protocol_version: "v2" });
    const started = await run("plugin start builder chroot");
    expect(started).toMatchObject({ exitCode: 1, stdout: "" });
    expect(started.stderr).toContain("Packer starts it by itself");
  });

  it("has nothing to install, and refuses what it cannot give", async () => {
    const required = (source: string) =>
      `packer {\n  required_plugins {\n    x = {\n      source  = "${source}"\n      version = ">= 1.0"\n    }\n  }\n}\n`;
    const ours = await template("init.pkr.hcl", required("github.com/outscale/outscale"));
    expect(await run(`init -upgrade ${ours}`)).toEqual({
      exitCode: 0,
      stdout: "Nothing to install: what x gives is built in.\n",
      stderr: "",
    });
    const foreign = await template("init-foreign.pkr.hcl", required("github.com/hashicorp/amazon"));
    expect(await run(`init ${foreign}`)).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining("not built into"),
    });
  });

  it.each(["-machine-readable version", "version --machine-readable"])("%s prints it for machines", async (line) => {
    const { exitCode, stdout } = await run(line);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(new RegExp(`^\\d+,,version,${version}\n\\d+,,ui,say,outscale-chroot ${version}\n$`));
  });

  it.each(["hcl2_upgrade", "fix", "plugins"])("%s, a command of Packer's, says what to do here", async (name) => {
    expect(await run(`${name} web.json`)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/is a command of Packer itself[\s\S]*hint/),
    });
  });

  it("refuses -machine-readable without a command", async () => {
    for (const line of ["-machine-readable", "-machine-readable -machine-readable"]) {
      expect(await run(line)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("There is no command") });
    }
  });

  it.each(["help", "-h", "--help"])("%s lists every command", async (line) => {
    const { exitCode, stdout } = await run(line);
    expect(exitCode).toBe(0);
    for (const name of Object.keys(commands)) expect(stdout).toMatch(new RegExp(`^  ${name} +\\w`, "m"));
  });

  it("without a command says how it is used", async () => {
    expect(await run("")).toMatchObject({ exitCode: 2, stdout: "", stderr: expect.stringContaining("Usage:") });
  });

  it("names the command that was probably meant", async () => {
    expect(await run("biuld")).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('did you mean "build"?') });
  });
});

describe("COMMAND --help", async () => {
  const loaded = await Promise.all(
    Object.entries(commands).map(async ([name, { load }]) => [name, await load()] as const),
  );
  const all = loaded.flatMap(([name, command]) => [
    [name, command] as const,
    ...Object.entries(command.actions ?? {}).map(([action, inner]) => [`${name} ${action}`, inner] as const),
  ]);

  const withoutArguments = all.filter(
    ([, { usage, actions }]) => actions === undefined && /^[a-z -]+ \[flags\]$/.test(usage),
  );

  it("finds commands without arguments", () => {
    expect(withoutArguments.map(([line]) => line)).toContain("local-cloud reset");
  });

  it.each(withoutArguments)("%s refuses an argument, which may be a folder meant for a flag", async (line) => {
    const refused = { exitCode: 2, stderr: expect.stringContaining('This command takes no argument: "/some/folder"') };
    expect(await run(`${line} /some/folder`)).toMatchObject(refused);
  });

  it.each(all)("%s", async (line, command) => {
    const asked = await run(`${line} --help`);
    expect(asked).toMatchObject({ exitCode: 0, stderr: "" });
    expect(asked.stdout).toContain(`Usage: outscale-chroot ${command.usage}`);
    for (const flag of Object.keys(command.flags)) expect(asked.stdout).toContain(`-${flag}`);
    expect(await run(`help ${line}`)).toEqual(asked);
    for (const example of command.examples) {
      // A line that a shell evaluates has our own in it.
      const [, line = example] = /^eval "\$\((.*)\)"$/.exec(example) ?? [];
      const [program, ...words] = line.split(" ");
      expect(program).toBe("outscale-chroot");
      const found = await findCommand(words);
      expect([command, ...Object.values(command.actions ?? {})]).toContain(found.command);
      expect(() => parseFlags(found.command.flags, found.argv)).not.toThrow();
    }
  });
});

describe("validate", () => {
  it("accepts a template, and says so", async () => {
    const path = await template(
      "good.pkr.hcl",
      faulty
        .replace("omi_descriptin", "omi_description")
        .replace("image-nam ", "image-name ")
        .replace('key = "A"', 'key = "A"\n    value = "B"')
        .replace("inlin ", "inline "),
    );
    expect(await run(`validate -var omi_name=web ${path}`)).toEqual({
      exitCode: 0,
      stdout: "The configuration is valid.\n",
      stderr: "",
    });
  });

  it("tells every problem with its place", async () => {
    const path = await template("faulty.pkr.hcl", faulty);
    const { exitCode, stdout, stderr } = await run(`validate --var omi_name=web ${path}`);
    expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: "" });
    expect(stderr).toContain("the configuration has 4 problems");
    expect(stderr).toContain(
      `${path}:7:3: omi_descriptin: is not an option\n    hint: did you mean "omi_description"?`,
    );
    expect(stderr).toContain("source_omi_filter.filters.image-nam: is not a filter of ReadImages");
    expect(stderr).toMatch(/:12:3: tag\[0\]\.value: is required/);
    expect(stderr).toContain("inlin");
  });

  it.each<[string, string, number, string]>([
    ["an unset variable", "", 3, "omi_name"],
    ["an unknown build", "-var omi_name=web -only=nope", 2, "There is no build to run"],
    ["a malformed variable", "-var omi_name", 2, '-var must be NAME=VALUE, not "omi_name"'],
  ])("refuses %s", async (_, flags, exitCode, text) => {
    const path = await template("faulty.pkr.hcl", faulty);
    const result = await run(`validate ${flags} ${path}`);
    expect(result.stderr).toContain(text);
    expect(result.exitCode).toBe(exitCode);
  });

  it("refuses a template that is not there", async () => {
    const result = await run(`validate ${join(folder, "nowhere.pkr.hcl")}`);
    expect(result.exitCode).toBe(3);
    expect(result.stderr).toContain("nowhere.pkr.hcl");
  });

  it("leaves builders of others to Packer", async () => {
    const path = await template("other.pkr.hcl", 'source "null" "x" {}\nbuild {\n  sources = ["source.null.x"]\n}\n');
    const result = await run(`validate ${path}`);
    expect(result).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining("leave it to Packer: -except=null.x"),
    });
  });
});

describe("build", () => {
  it.each<[string, string]>([
    ["", "No template is given"],
    ["a b", "More than one template is given: a, b"],
    ["-parallel-builds=many x", '-parallel-builds must be a whole number, not "many"'],
    ["-on-error=panic x", "-on-error must be"],
    ["-result /no/such/folder/result.json x", 'Cannot write the file "/no/such/folder/result.json"'],
  ])("refuses %j", async (line, text) => {
    expect(await run(`build ${line}`)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(text) });
  });

  it("refuses -json with -machine-readable", async () => {
    const path = await template("faulty.pkr.hcl", faulty);
    const result = await run(`build -json -machine-readable -var omi_name=web ${path}`);
    expect(result).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("cannot both be given") });
  });

  it("masks a credential of the environment, also in an error", async () => {
    const path = await template("faulty.pkr.hcl", faulty);
    const log = join(folder, "build.log");
    const env = { OSC_ACCESS_KEY: "AKCLITEST", OSC_SECRET_KEY: "SKCLITEST0123456789" };
    const result = await run(`build -log ${log} -var omi_name=@SKCLITEST0123456789 ${path}`, env);
    expect(result.exitCode).toBe(4);
    expect(result.stderr).not.toContain("SKCLITEST");
    expect(await readFile(log, "utf8")).not.toContain("SKCLITEST");
  });
});
