import { expect, test } from "vitest";
import { CancelledError } from "../common/errors.ts";
import { type CommandRunner, hostRunner } from "./run-command.ts";
import { runLocalCommands, shellCommand, wrapRunner } from "./run-local-commands.ts";

function recorder() {
  const said: string[] = [];
  const lines: string[] = [];
  return {
    said,
    lines,
    ui: { say: (text: string) => void said.push(text), message: (text: string) => void lines.push(text) },
  };
}

const plain = { runner: hostRunner(), wrapCommand: (line: string) => line, render: (line: string) => line };

test("shellCommand() has /bin/sh run the line", () => {
  expect(shellCommand("echo a | cat")).toEqual(["/bin/sh", "-c", "echo a | cat"]);
});

test("runLocalCommands() renders, wraps and runs each line, and shows its output line by line", async () => {
  const { said, lines, ui } = recorder();
  await runLocalCommands(["printf 'a\\nb' | cat; echo c >&2", "echo {{.Device}}"], {
    ...plain,
    wrapCommand: (line) => `X=1; ${line}`,
    render: (line) => line.replace("{{.Device}}", "/dev/xvdf"),
    ui,
  });
  expect(said).toEqual([
    "Executing command: X=1; printf 'a\\nb' | cat; echo c >&2",
    "Executing command: X=1; echo /dev/xvdf",
  ]);
  expect([...lines].sort()).toEqual(["/dev/xvdf", "a", "b", "c"]);
});

test("runLocalCommands() stops at the first line that fails, and calls afterEach after each that did not", async () => {
  const { said, ui } = recorder();
  let calls = 0;
  const afterEach = async () => {
    calls += 1;
  };
  const run = runLocalCommands(["true", "echo sorry; exit 4", "true"], { ...plain, ui, afterEach });
  await expect(run).rejects.toThrow("Command failed (exit code 4): /bin/sh -c 'echo sorry; exit 4'\nsorry");
  expect(said).toHaveLength(2);
  expect(calls).toBe(1);
});

test("runLocalCommands() starts nothing after a cancel", async () => {
  const { said, ui } = recorder();
  await expect(runLocalCommands(["true"], { ...plain, ui, signal: AbortSignal.abort() })).rejects.toThrow(
    CancelledError,
  );
  expect(said).toEqual([]);
});

test("runLocalCommands() gives a character and a line whole that come in two chunks", async () => {
  const { lines, ui } = recorder();
  const [first, second] = [Buffer.from("caf\u00c3", "latin1"), Buffer.from("\u00a9\nend", "latin1")];
  const runner: CommandRunner = {
    run: async (_argv, options) => {
      options?.onStdout?.(first);
      options?.onStdout?.(second);
      return { stdout: "", stderr: "", exitCode: 0 };
    },
    spawn: () => Promise.reject(new Error("not run")),
  };
  await runLocalCommands(["show"], { ...plain, runner, ui });
  expect(lines).toEqual(["café", "end"]);
});

test("wrapRunner() gives the wrapper one line that means exactly the argv", async () => {
  const words = ["it's", "a b", "$HOME", "`id`", "🙂"];
  const wrapped = wrapRunner(hostRunner(), (line) => `echo before; ${line}; echo after`);
  const { stdout } = await wrapped.run(["printf", "%s\\n", ...words]);
  expect(stdout).toBe(`before\n${words.join("\n")}\nafter\n`);
  const child = await wrapped.spawn(["sh", "-c", "exit 5"]);
  child.stdout?.resume();
  expect(await child.exited).toEqual({ code: 0, signal: null }); // that of `echo after`: the wrapper decides
});
