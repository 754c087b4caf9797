import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { build } from "rolldown";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { requirePrograms } from "../support/requirements.ts";

const execute = promisify(execFile);

let folder: string;
let program: string;
let template: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cli-process-"));
  await build({
    input: { main: "src/main.ts" },
    platform: "node",
    transform: { target: "es2022" },
    logLevel: "silent",
    output: { dir: folder, format: "esm", entryFileNames: "[name].mjs", chunkFileNames: "[name]-[hash].mjs" },
  });
  program = join(folder, "main.mjs");
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
});

requirePrograms("tmux")("a terminal", () => {
  it("console has a prompt, completion, a history, and survives Ctrl-C in a line", async () => {
    const socket = join(folder, "tmux");
    const tmux = async (...argv: string[]) =>
      (await execute("tmux", ["-S", socket, "-f", "/dev/null", ...argv])).stdout;
    const shows = async (pattern: RegExp) => {
      let screen = "";
      for (let look = 0; look < 6_000 && !pattern.test(screen); look++) {
        await setTimeout(50);
        screen = await tmux("capture-pane", "-p", "-t", "console");
      }
      expect(screen).toMatch(pattern);
      return screen;
    };
    await tmux("new-session", "-d", "-s", "console", "-x", "100", "-y", "40", "sh");
    try {
      await tmux(
        "send-keys",
        "-t",
        "console",
        `'${process.execPath}' '${program}' console '${template}'; echo code $?`,
        "Enter",
      );
      await shows(/^>$/m);
      // A Tab that comes with other keys is pasted text.
      await tmux("send-keys", "-t", "console", "uppe");
      await shows(/^> uppe$/m);
      await tmux("send-keys", "-t", "console", "Tab");
      await shows(/^> upper$/m);
      await tmux("send-keys", "-t", "console", "(local.names[0])", "Enter");
      await shows(/^> upper\(local\.names\[0\]\)\nA\n>$/m);
      await tmux("send-keys", "-t", "console", "dropped", "C-c", "var.pw", "Enter");
      await shows(/^> var\.pw\n\(sensitive value\)\n>$/m);
      await tmux("send-keys", "-t", "console", "Up", "Up", "Enter");
      await shows(/^A\n[\s\S]*^A\n>$/m);
      await tmux("send-keys", "-t", "console", "C-c");
      expect(await shows(/^code \d+$/m)).toContain("code 0");
    } finally {
      await tmux("kill-server");
    }
  });
});
