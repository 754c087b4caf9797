import { spawn } from "node:child_process";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleProgram } from "../support/program/bundled-program.ts";
import { requirePrograms } from "../support/suite/requirements.ts";
import { openTerminalWindow } from "../support/terminal/terminal-window.ts";

let folder: string;
let program: string;
let template: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cli-process-"));
  program = await bundleProgram(folder);
  template = join(folder, "web.pkr.hcl");
  await writeFile(
    template,
    'variable "pw" {\n  default   = "abc"\n  sensitive = true\n}\nlocals {\n  names = ["a", "b"]\n}\n',
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs the bundled program with what comes through a pipe. */
async function pipe(argv: readonly string[], input: string) {
  const child = spawn(process.execPath, [program, ...argv], { stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.end(input);
  const exited = new Promise((resolve) => child.once("close", resolve));
  const [stdout, stderr, exitCode] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
  return { exitCode, stdout, stderr };
}

describe("a process", () => {
  it("console reads a pipe line by line, also a last line without an end", async () => {
    expect(await pipe(["console", template], 'upper("a")\r\nvar.pw\nlocal.names[1]')).toEqual({
      exitCode: 0,
      stdout: "A\n(sensitive value)\nb\n",
      stderr: "",
    });
  });

  it("fmt - gives back a pipe's text to the letter but for its layout", async () => {
    expect(await pipe(["fmt", "-"], "a=1 # é\nlong=2")).toEqual({
      exitCode: 0,
      stdout: "a    = 1 # é\nlong = 2",
      stderr: "",
    });
  });

  it.each([
    ["a device that is full", ": > out; exec > /dev/full", "ENOSPC"],
    // In blocks of 512 bytes or of 1024: the first part is written.
    ["a file that may not grow so long", "ulimit -f 1; exec > out", "EFBIG"],
  ])("fails when its output is lost in %s", async (_, redirection, code) => {
    const script = `${redirection}; exec '${process.execPath}' '${program}' fmt -`;
    const child = spawn("sh", ["-c", script], { cwd: folder, stdio: ["pipe", "ignore", "pipe"] });
    child.stdin.end("# a comment\n".repeat(1_000));
    const exited = new Promise((resolve) => child.once("close", resolve));
    const [stderr, exitCode] = await Promise.all([text(child.stderr), exited]);
    expect(stderr).toContain(`Error: not everything could be written to standard output: ${code}`);
    expect(exitCode).toBe(1);
    expect((await stat(join(folder, "out"))).size).toBeLessThanOrEqual(1_024);
  });

  it("ends well when whoever reads its output has gone", async () => {
    const script = `{ '${process.execPath}' '${program}' fmt -; echo $? >&2; } | true`;
    const child = spawn("sh", ["-c", script], { stdio: ["pipe", "ignore", "pipe"] });
    child.stdin.end("# a comment\n".repeat(20_000));
    expect(await text(child.stderr)).toBe("0\n");
  });
});

requirePrograms("tmux")("a terminal", () => {
  it("console has a prompt, completion, a history, and survives Ctrl-C in a line", async () => {
    await using terminal = await openTerminalWindow({ folder, command: ["sh"] });
    const { press, shows } = terminal;
    await press(`'${process.execPath}' '${program}' console '${template}'; echo code $?`, "Enter");
    await shows(/^>$/m);
    // A Tab that comes with other keys is pasted text.
    await press("uppe");
    await shows(/^> uppe$/m);
    await press("Tab");
    await shows(/^> upper$/m);
    await press("(local.names[0])", "Enter");
    await shows(/^> upper\(local\.names\[0\]\)\nA\n>$/m);
    await press("dropped", "C-c", "var.pw", "Enter");
    await shows(/^> var\.pw\n\(sensitive value\)\n>$/m);
    await press("Up", "Up", "Enter");
    await shows(/^A\n[\s\S]*^A\n>$/m);
    await press("C-c");
    expect(await shows(/^code \d+$/m)).toContain("code 0");
  });
});
