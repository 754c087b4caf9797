import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { commands } from "../../src/cli/commands.ts";
import { runProgram } from "../../src/run-program.ts";
import { recordingIo } from "../support/recording-io.ts";
import { requirePrograms } from "../support/requirements.ts";

const execute = promisify(execFile);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cli-completion-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function script(shell: string): Promise<string> {
  const io = recordingIo();
  expect(await runProgram(["completion", shell], io)).toBe(0);
  const path = join(folder, `completion.${shell}`);
  await writeFile(path, io.written.stdout);
  return path;
}

describe("completion", () => {
  it.each([[[]], [["ksh"]], [["bash", "zsh"]]])("refuses %j", async (argv) => {
    const io = recordingIo();
    expect(await runProgram(["completion", ...argv], io)).toBe(2);
    expect(io.written.stderr).toContain("The shell must be bash, zsh or fish");
  });
});

requirePrograms("bash")("completion bash", () => {
  it.each<[readonly string[], readonly string[]]>([
    [["va"], ["validate"]],
    [[""], Object.keys(commands)],
    [
      ["build", "-on"],
      ["-only", "-on-error"],
    ],
    [
      ["build", "-on-error", ""],
      ["cleanup", "abort", "ask", "run-cleanup-provisioner"],
    ],
    [
      ["local-cloud", "st"],
      ["start", "stop", "status"],
    ],
    [["local-cloud", "start", "-po"], ["-port"]],
    [["build", "web"], []],
    [["nope", "-"], []],
  ])("completes %j", async (words, expected) => {
    const complete =
      'source "$1"; shift; COMP_WORDS=(outscale-chroot "$@"); COMP_CWORD=$#; _outscale_chroot; printf "%s\\n" "${COMPREPLY[@]}"';
    const { stdout } = await execute("bash", ["-uc", complete, "bash", await script("bash"), ...words]);
    expect(stdout.split("\n").filter(Boolean)).toEqual(expected);
  });
});

requirePrograms("zsh")("completion zsh", () => {
  it("is a script that zsh understands", async () => {
    expect(await execute("zsh", ["-n", await script("zsh")])).toMatchObject({ stderr: "" });
  });
});

requirePrograms("fish")("completion fish", () => {
  it.each([
    ["outscale-chroot va", ["validate"]],
    ["outscale-chroot build -on", ["-only", "-on-error"]],
    ["outscale-chroot local-cloud start -po", ["-port"]],
  ])("completes %j", async (line, expected) => {
    const complete = "source $argv[1]; complete -C $argv[2]";
    const { stdout, stderr } = await execute("fish", ["-c", complete, await script("fish"), line]);
    expect(stderr).toBe("");
    expect(
      stdout
        .split("\n")
        .filter(Boolean)
        .map((found) => found.split("\t")[0]),
    ).toEqual(expected);
  });
});
