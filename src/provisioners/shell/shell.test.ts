import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FolderCommunicator } from "../../../tests/support/provisioners/folder-communicator.ts";
import { type Bench, InstantClock, makeBench } from "../../../tests/support/provisioners/provisioning.ts";
import { CancelledError, messageOf, ProvisionError } from "../../common/errors.ts";
import type { RawConfig } from "../../definition/raw-value.ts";

let bench: Bench;
beforeEach(async () => {
  bench = await makeBench();
});
afterEach(() => bench[Symbol.asyncDispose]());

/** Runs the provisioner with its scripts in the folder that plays the image. */
function run(options: RawConfig, changes = {}): Promise<void> {
  return bench.run("shell", { remote_folder: bench.folder, ...options }, changes);
}

async function writeScript(name: string, text: string): Promise<string> {
  const path = join(bench.folder, name);
  await writeFile(path, text);
  return path;
}

/** Names of what the provisioner has put into the image. */
async function uploads(): Promise<string[]> {
  return (await readdir(bench.folder)).filter((name) => /^(script|varfile)_/.test(name));
}

describe("shell", () => {
  it("runs inline commands in one shell and removes its script", async () => {
    await run({ inline: ["cd /", "pwd; echo oops >&2"] });
    expect(bench.ui.lines).toEqual(["say: Provisioning with shell script: inline", "message: /", "message: oops"]);
    expect(await uploads()).toEqual([]);
  });

  it("names its files as nobody can guess in advance: beyond Packer's 10,000 names, and anew each time", async () => {
    const options = { inline: ["true"], env: { TOKEN: "top-secret" }, use_env_var_file: true, skip_clean: true };
    await run(options);
    await run(options);
    const numbers = (await uploads()).map((name) => Number(/^(?:script|varfile)_(\d+)\.sh$/.exec(name)?.[1]));
    expect(new Set(numbers).size).toBe(4);
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(10_000);
  });

  it("quotes variables as Packer's documentation shows", async () => {
    const environment_vars = ["FOO=foo", "BAR=bar's", "BAZ=baz=baz", "QUX==qux", "FOOBAR=foo bar"];
    environment_vars.push("FOOBARBAZ='foo bar baz'", 'QUX2="qux"');
    const names = environment_vars.map((pair) => pair.split("=")[0]);
    const inline = names.map((name) => `echo "${name} is $${name}"`);
    const expected = environment_vars.map((pair) => pair.replace("=", " is "));
    // However the variables travel: in the environment, on the command line, in a file.
    for (const options of [{}, { env_var_format: "%s='%s' " }, { use_env_var_file: true }]) {
      bench.ui.lines.length = 0;
      await run({ environment_vars, inline, ...options });
      expect(bench.ui.of("message")).toEqual(expected);
    }
  });

  it("puts a variable on no command line unless the user's own template does", async () => {
    const options = { env: { TOKEN: "top-secret" }, inline: ['test "$TOKEN" = top-secret'] };
    await run(options);
    await run({ ...options, use_env_var_file: true });
    expect(bench.communicator.commands.join("\n")).not.toContain("top-secret");
    await run({ ...options, execute_command: "env {{.Vars}} {{.Path}}" });
    expect(bench.communicator.commands.join("\n")).toContain("top-secret");
  });

  it("gives scripts Packer's variables", async () => {
    await run({ inline: ['echo "$PACKER_BUILD_NAME $PACKER_BUILDER_TYPE"'] });
    expect(bench.ui.of("message")).toEqual(["debian outscale-chroot"]);
  });

  it("runs scripts in their order, each in a shell of its own", async () => {
    const first = await writeScript("first.sh", "#!/bin/sh\nA=1\necho first\n");
    const second = await writeScript("second.sh", '#!/bin/sh\necho "second $A"\n');
    await run({ scripts: [first, second] });
    expect(bench.ui.lines).toEqual([
      `say: Provisioning with shell script: ${first}`,
      "message: first",
      `say: Provisioning with shell script: ${second}`,
      "message: second",
    ]);
  });

  it("runs a script without a first line of its own", async () => {
    await run({ script: await writeScript("plain.sh", "echo plain\n") });
    expect(bench.ui.of("message")).toEqual(["plain"]);
  });

  it("turns Windows line ends into Unix ones, unless the script is binary", async () => {
    const script = await writeScript("dos.sh", "#!/bin/sh\r\nprintf a\r\nprintf b\r\n");
    await run({ script });
    expect(bench.ui.of("message")).toEqual(["ab"]);
    await run({ script, binary: true, remote_file: "kept", skip_clean: true }).catch(() => undefined);
    expect(await readFile(join(bench.folder, "kept"), "utf8")).toBe(await readFile(script, "utf8"));
  });

  it("puts the script where the options say", async () => {
    await mkdir(join(bench.folder, "opt"));
    const remote_path = join(bench.folder, "opt", "my script.sh");
    await run({ inline: ['echo "$0"'], remote_path, skip_clean: true });
    expect(bench.ui.of("message")).toEqual([remote_path]);
    expect((await stat(remote_path)).mode & 0o777).toBe(0o755);
  });

  it.each([
    [{}, /^MEMORY\/script_\d+\.sh$/],
    [{ remote_file: "setup.sh" }, /^\/tmp\/setup\.sh$/],
    [{ skip_clean: true }, /^\/tmp\/script_\d+\.sh$/],
    [{ remote_folder: "/var" }, /^\/var\/script_\d+\.sh$/],
    [{ remote_folder: "/var", remote_file: "setup.sh" }, /^\/var\/setup\.sh$/],
    [{ remote_path: "/opt/x", remote_folder: "/var" }, /^\/opt\/x$/],
  ])("puts the script into memory unless its place is named or it stays: %j", async (options, expected) => {
    const upload = async (path: string) => {
      throw new Error(path);
    };
    const communicator = Object.assign(new FolderCommunicator(bench.folder), { upload });
    const changes = { scriptFolder: "MEMORY", communicator };
    const uploaded = await bench.run("shell", { inline: ["true"], ...options }, changes).catch(messageOf);
    expect(uploaded).toMatch(expected);
  });

  it("starts a script with the shebang of the options, of the first command, or with /bin/sh -e", async () => {
    await expect(run({ inline: ["false", "true"] })).rejects.toThrow(ProvisionError);
    await run({ inline: ["false", "true"], inline_shebang: "/bin/sh" });
    await run({ inline: ["#!/bin/cat", "shown"] });
    expect(bench.ui.of("message")).toEqual(["#!/bin/cat", "shown"]);
  });

  it("renders execute_command with Path, Vars and EnvVarFile, and the build's data", async () => {
    await run({ inline: ["echo $A"], execute_command: "echo {{.ID}}; A=1; export A; {{.Path}}" });
    expect(bench.ui.of("message")).toEqual(["vol-1a2b3c4d", "1"]);
  });

  it("keeps variables in a file that only root reads, while the scripts run", async () => {
    const execute_command = "stat -c %a {{.EnvVarFile}}; . {{.EnvVarFile}} && {{.Path}}";
    await run({ inline: ["echo $A"], env: { A: "x" }, use_env_var_file: true, execute_command });
    expect(bench.ui.of("message")).toEqual(["600", "x"]);
    expect(await uploads()).toEqual([]);
  });

  it.each([
    [{ inline: ["exit 3"] }, "exit code 3"],
    [{ inline: ["exit 1"], valid_exit_codes: [0, 3] }, "exit code 1; allowed: 0, 3"],
    [{ inline: ["kill -9 $$"] }, "signal SIGKILL"],
    [{ inline: ["true"], valid_exit_codes: [2] }, "exit code 0; allowed: 2"],
  ])("refuses the exit of %j", async (options, reason) => {
    await expect(run(options)).rejects.toThrow(`The script "inline" ended with ${reason}`);
    expect(await uploads()).toEqual([]);
  });

  it.each([
    { inline: ["exit 3"], valid_exit_codes: [0, 3] },
    { inline: ["kill -9 $$"], expect_disconnect: true },
    { inline: ["kill -9 $$"], valid_exit_codes: [0, 2300218] },
  ])("accepts the exit of %j", (options) => run(options));

  it("waits pause_after once the scripts are done", async () => {
    const clock = new InstantClock();
    await run({ inline: ["true"], pause_after: "90s" }, { clock });
    expect(clock.sleeps).toEqual([90_000]);
    expect(bench.ui.of("say").at(-1)).toBe("Pausing 1m30s after this provisioner...");
  });

  it("tries to start again until start_retry_timeout, which a chroot does without by default", async () => {
    const missing = { inline: ["true"], remote_folder: join(bench.folder, "missing") };
    const clock = new InstantClock();
    await expect(run(missing, { clock })).rejects.toThrow(/ENOENT/);
    expect(clock.sleeps).toEqual([]);
    await expect(run({ ...missing, start_retry_timeout: "5s" }, { clock })).rejects.toThrow(/ENOENT/);
    expect(clock.sleeps).toEqual([2_000, 2_000, 2_000]);
  });

  it("stops at once when it is cancelled, and removes its script", async () => {
    const cancel = new AbortController();
    bench.ui.message = () => cancel.abort();
    const running = run({ inline: ["echo ready", "sleep 600"] }, { signal: cancel.signal });
    await expect(running).rejects.toThrow(CancelledError);
    expect(await uploads()).toEqual([]);
  });

  it.each([
    [{}, ["inline"]],
    [{ inline: [] }, ["inline"]],
    [{ inline: ["a"], script: "/dev/null" }, ["script"]],
    [{ script: "/dev/null", scripts: ["/dev/null"] }, ["scripts"]],
    [{ script: "no-such-script.sh" }, ["script"]],
    [{ script: "/tmp" }, ["script"]],
    [{ inline: ["a"], environment_vars: ["=x", "y"] }, ["environment_vars", "environment_vars"]],
    [{ inline: ["a"], remote_pth: "/x" }, ["remote_pth"]],
  ])("refuses the options %j", async (options, expected) => {
    const error = await bench.run("shell", options).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "E_CONFIG", problems: expected.map((option) => ({ option })) });
  });
});
