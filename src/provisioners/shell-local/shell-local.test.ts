import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Bench, makeBench } from "../../../tests/support/provisioners/provisioning.ts";
import { CancelledError } from "../../common/errors.ts";
import type { RawConfig } from "../../definition/raw-value.ts";
import { type CommandRunner, hostRunner } from "../../host/run-command.ts";

let bench: Bench;
let folder: string;
/** Every argv that was run. */
let argvs: string[][];
beforeEach(async () => {
  bench = await makeBench();
  folder = await mkdtemp(join(tmpdir(), "shell-local-"));
  vi.stubEnv("TMPDIR", folder);
  argvs = [];
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await bench[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

function run(options: RawConfig, changes = {}): Promise<void> {
  const host = hostRunner();
  const local: CommandRunner = {
    ...host,
    run: (argv, runOptions) => {
      argvs.push([...argv]);
      return host.run(argv, runOptions);
    },
  };
  return bench.run("shell-local", options, { local, ...changes });
}

async function writeScript(text: string): Promise<string> {
  const path = join(folder, "script.sh");
  await writeFile(path, text, { mode: 0o755 });
  return path;
}

describe("shell-local", () => {
  it("runs Packer's documented examples for Unix hosts", async () => {
    await run({
      environment_vars: ["PROVISIONERTEST=ProvisionerTest2"],
      inline: ["echo hello", "echo $PROVISIONERTEST"],
    });
    expect(bench.ui.lines).toEqual([
      "say: Running local shell script: inline",
      "message: hello",
      "message: ProvisionerTest2",
    ]);
    bench.ui.lines.length = 0;
    const scripts = [await writeScript("#!/bin/sh\necho $PROVISIONERTEST\n")];
    await run({ environment_vars: ["PROVISIONERTEST=ProvisionerTest1"], scripts });
    expect(bench.ui.of("message")).toEqual(["ProvisionerTest1"]);
  });

  it("has the environment of this program, or what the door gives, and Packer's variables, and stands in our working folder", async () => {
    vi.stubEnv("FROM_OUTSIDE", "yes");
    await run({ inline: ['echo "$FROM_OUTSIDE $PACKER_BUILD_NAME"', "pwd"] });
    expect(bench.ui.of("message")).toEqual(["yes debian", process.cwd()]);
    const environment = { PATH: process.env.PATH, FROM_DOOR: "given" };
    await run({ inline: ['echo "$FROM_OUTSIDE $FROM_DOOR"'] }, { build: { ...bench.input.build, environment } });
    expect(bench.ui.of("message").at(-1)).toBe(" given");
  });

  it("has no credentials but those that it asks for by name", async () => {
    const environment = {
      PATH: process.env.PATH,
      OSC_SECRET_KEY: "SKSKSKSK",
      PKR_VAR_key: "SKSKSKSK",
      OSC_REGION: "eu",
    };
    const changes = { build: { ...bench.input.build, environment } };
    const inline = ['echo "$OSC_REGION [$OSC_SECRET_KEY] [$PKR_VAR_key]"'];
    await run({ inline }, changes);
    await run({ inline, pass_environment: ["OSC_SECRET_KEY"] }, changes);
    expect(bench.ui.of("message")).toEqual(["eu [] []", "eu [SKSKSKSK] []"]);
    const failing = run({ inline: ["exit 1"] }, changes);
    await expect(failing).rejects.toMatchObject({
      hint: expect.stringContaining("OSC_SECRET_KEY, PKR_VAR_key were withheld: pass_environment names those"),
    });
    await expect(run({ inline, pass_environment: ["A-B"] })).rejects.toMatchObject({
      problems: [{ option: "pass_environment" }],
    });
  });

  it("puts a variable on no command line unless the user's own template does", async () => {
    const options = { env: { TOKEN: "top-secret" }, inline: ['test "$TOKEN" = top-secret'] };
    await run(options);
    expect(JSON.stringify(argvs)).not.toContain("top-secret");
    await run({ ...options, env_var_format: "%s='%s' " });
    expect(argvs.at(-1)?.at(-1)).toContain("TOKEN='top-secret' exec ");
  });

  it("takes a command, and an execute_command with Script, Command and Vars", async () => {
    await run({ command: "echo one" });
    const execute_command = ["/bin/sh", "-c", "test {{.Script}} = {{.Command}}; {{.Vars}} {{.Script}} {{.ID}}"];
    await run({ inline: ['echo "$A $1"'], env: { A: "it's" }, execute_command });
    expect(bench.ui.of("message")).toEqual(["one", "it's vol-1a2b3c4d"]);
  });

  it("names its script by tempfile_extension and inline_shebang, and removes it", async () => {
    await run({ inline: ["x"], tempfile_extension: ".cmd", inline_shebang: "/bin/cat" });
    await run({ inline: ['echo "$0"'], tempfile_extension: "ps1" });
    expect(bench.ui.of("message")).toEqual(["#!/bin/cat", "x", expect.stringMatching(/\.ps1$/)]);
    expect(argvs[0]?.at(-1)).toMatch(/\.cmd$/);
    expect(await readdir(folder)).toEqual([]);
  });

  it("runs a script without a first line of its own, whatever its path", async () => {
    const script = join(folder, "it's my script.sh");
    await writeFile(script, "echo plain\n", { mode: 0o755 });
    await run({ script });
    expect(bench.ui.of("message")).toEqual(["plain"]);
  });

  it("runs only on the systems of only_on", async () => {
    await run({ inline: ["exit 1"], only_on: ["windows", "darwin"] });
    await run({ inline: ["echo here"], only_on: ["linux"] });
    expect(bench.ui.of("say")[0]).toBe("Skipping shell-local due to runtime OS");
    expect(bench.ui.of("message")).toEqual(["here"]);
  });

  it("judges the exit by valid_exit_codes", async () => {
    await run({ inline: ["exit 3"], valid_exit_codes: [0, 3] });
    const failing = run({ inline: ["exit 3"] });
    await expect(failing).rejects.toThrow('The local script "inline" ended with exit code 3');
    await expect(run({ inline: ["true"], valid_exit_codes: [3] })).rejects.toThrow("exit code 0; allowed: 3");
    await expect(run({ inline: ["kill -9 $$"] })).rejects.toThrow("signal SIGKILL");
  });

  it("can be cancelled", async () => {
    const signal = AbortSignal.abort();
    await expect(run({ inline: ["true"] }, { signal })).rejects.toThrow(CancelledError);
    expect(argvs).toEqual([]);
  });

  it.each([
    [{}, ["inline"]],
    [{ inline: ["a"], command: "b" }, ["command"]],
    [{ inline: ["a"], only_on: ["plan9"] }, ["only_on"]],
    [{ inline: ["a"], use_linux_pathing: true }, ["use_linux_pathing"]],
    [{ inline: ["a"], environment_vars: ["x"], env_var_format: "%q" }, ["environment_vars", "env_var_format"]],
    [{ script: "C:/Users/me/scripts/example_bash.sh" }, ["script"]],
    [{ inline: ["a"], tempfile_extention: ".sh" }, ["tempfile_extention"]],
  ])("refuses the options %j", async (options, expected) => {
    const error = await run(options).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "E_CONFIG", problems: expected.map((option) => ({ option })) });
  });
});
