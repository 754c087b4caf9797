import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CancelledError } from "../common/errors.ts";
import type { LogEntry } from "../common/log.ts";
import { CommandError, describeExit, MissingProgramError } from "./command-error.ts";
import { hostEnvironment } from "./host-environment.ts";
import { readProcessNode } from "./process-tree.ts";
import { hostRunner } from "./run-command.ts";

const runner = hostRunner();
const shell = (line: string) => ["/bin/sh", "-c", line];

test("run() gives output and exit code, and the input to the program", async () => {
  const result = await runner.run(shell("cat; echo problem >&2; exit 3"), { input: "héllo\n", okExitCodes: [3] });
  expect(result).toEqual({ stdout: "héllo\n", stderr: "problem\n", exitCode: 3 });
});

test("run() passes every argument as it is", async () => {
  const words = ["a b", "$HOME", "`id`", "'", "*"];
  const { stdout } = await runner.run(["printf", "%s\\n", ...words]);
  expect(stdout).toBe(`${words.join("\n")}\n`);
});

test("run() fails with the quoted line, the exit code and what the program said", async () => {
  const failure = runner.run(shell("echo 'no such disk' >&2; exit 32"));
  await expect(failure).rejects.toThrow(
    "Command failed (exit code 32): /bin/sh -c 'echo '\\''no such disk'\\'' >&2; exit 32'\nno such disk",
  );
  await expect(failure).rejects.toMatchObject({ status: { code: 32, signal: null }, stderr: "no such disk\n" });
});

test("run() names the signal that ended a program", async () => {
  await expect(runner.run(shell("kill -9 $$"))).rejects.toThrow("Command failed (signal SIGKILL)");
});

test("run() tells a missing program from one that fails", async () => {
  await expect(runner.run(["no-such-program-here"])).rejects.toThrow(MissingProgramError);
  await expect(runner.run(["/dev/null"])).rejects.toThrow(CommandError);
  await expect(runner.run(["/dev/null"])).rejects.not.toThrow(MissingProgramError);
});

test("run() tells a missing program, a missing folder and a missing interpreter apart", async () => {
  const folder = await mkdtemp(join(tmpdir(), "start-"));
  const script = join(folder, "script");
  await writeFile(script, "#!/no/such/interpreter\n", { mode: 0o755 });
  await expect(runner.run(["true"], { cwd: join(folder, "gone") })).rejects.toThrow(
    `Cannot run true: there is no folder "${folder}/gone" to run it in`,
  );
  await expect(runner.run([script])).rejects.toThrow("it is there, but the interpreter that it names is not");
  // A folder that nobody can search makes the system say EACCES.
  const closed = join(folder, "closed");
  await writeFile(closed, "");
  const env = { PATH: `${closed}:${folder}` };
  await expect(runner.run(["no-such-program-here"], { env })).rejects.toThrow(MissingProgramError);
  await rm(folder, { recursive: true });
});

test("run() returns when the program exits, though a child of it holds the pipes", async () => {
  let lines = "";
  const onStdout = (chunk: Buffer) => {
    lines += chunk.toString();
  };
  const { stdout } = await runner.run(shell("sleep 600 & echo $!"), { onStdout });
  // The child still runs when run() has returned: it can be signalled.
  expect(process.kill(Number(stdout), "SIGKILL")).toBe(true);
  expect(lines).toBe(stdout);
});

test("run() kills what the program has started, too, when it is cancelled", async () => {
  const abort = new AbortController();
  let pid = 0;
  const onStdout = (chunk: Buffer) => {
    pid = Number(chunk.toString());
    abort.abort();
  };
  const run = runner.run(shell("sleep 600 & echo $!; wait"), { signal: abort.signal, onStdout });
  await expect(run).rejects.toThrow(CancelledError);
  await expect.poll(() => readProcessNode(pid)).toBeUndefined();
});

test("run() kills the program when it is cancelled", async () => {
  const abort = new AbortController();
  const onStdout = () => abort.abort();
  const run = runner.run(shell("echo started; exec sleep 600"), { signal: abort.signal, onStdout });
  await expect(run).rejects.toThrow(CancelledError);
  await expect(runner.run(["true"], { signal: abort.signal })).rejects.toThrow(CancelledError);
});

test("run() kills the program after its time", async () => {
  await expect(runner.run(["sleep", "600"], { timeoutMs: 20 })).rejects.toThrow("no end after 0.02 s");
});

test("run() keeps credentials of our own environment from the program", async () => {
  process.env.OSC_SECRET_KEY = "hidden";
  try {
    const { stdout } = await runner.run(["env"]);
    expect(stdout).not.toContain("OSC_SECRET_KEY");
    expect(stdout).toContain("LC_ALL=C.UTF-8");
  } finally {
    delete process.env.OSC_SECRET_KEY;
  }
});

test("run() writes each command to the debug log", async () => {
  const entries: LogEntry[] = [];
  await hostRunner({ write: (entry) => entries.push(entry) }).run(["true"]);
  expect(entries).toMatchObject([{ kind: "command", line: "true", outcome: "exit code 0" }]);
});

test.each(["/dev/stdout", "/proc/self/fd/1", "/dev/fd/1"])(
  "run() gives commands of users an output that %s opens again",
  async (path) => {
    const line = `echo 1; echo 2 > ${path}; echo 3 | tee ${path}; exec 3> ${path}; echo 4 >&3; echo 5`;
    const { stdout } = await runner.run(shell(line), { canReopenStreams: true });
    expect(stdout).toBe("1\n2\n3\n3\n4\n5\n");
  },
);

test("run() gives commands of users an error stream that can be opened again, beside an input", async () => {
  const line = "cat; echo e > /dev/stderr; echo f | tee /dev/fd/2 > /dev/null";
  const options = { canReopenStreams: true, input: "in" };
  expect(await runner.run(shell(line), options)).toEqual({ stdout: "in", stderr: "e\nf\n", exitCode: 0 });
  expect((await runner.run(shell("cat < /dev/stdin"), { canReopenStreams: true })).stdout).toBe("");
});

test("run() with pipes leaves no file behind and tells a missing program from one that fails", async () => {
  const folder = await mkdtemp(join(tmpdir(), "run-command-"));
  const env = process.env.TMPDIR;
  process.env.TMPDIR = folder;
  try {
    const open = { canReopenStreams: true };
    await expect(runner.run(["no-such-program-here"], open)).rejects.toThrow(MissingProgramError);
    await expect(runner.run(shell("exit 4"), open)).rejects.toThrow("exit code 4");
    await runner.run(["true"], { ...open, input: "that nobody reads" });
    expect(await readdir(folder)).toEqual([]);
  } finally {
    if (env === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = env;
    await rm(folder, { recursive: true });
  }
});

test("spawn() gives the lines of both streams in the order in which they are written", async () => {
  const script = "while read n; do echo o$n; read n; echo e$n >&2; done";
  const child = await runner.spawn(shell(script), { canReopenStreams: true });
  const lines: string[] = [];
  const next = () => (lines.length < 6 ? child.stdin?.write(`${lines.length}\n`) : child.stdin?.end());
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => {
      lines.push(chunk.toString().trim());
      next();
    });
  }
  next();
  await child.exited;
  expect(lines).toEqual(["o0", "e1", "o2", "e3", "o4", "e5"]);
});

test("spawn() gives the streams and how the program ended", async () => {
  const child = await runner.spawn(shell("read line; exit 7"));
  child.stdin?.end("x\n");
  expect(describeExit(await child.exited)).toBe("exit code 7");
});

test("hostEnvironment() always has the system folders on PATH", () => {
  expect(hostEnvironment().PATH).toMatch(/:\/usr\/sbin:.*\/bin$/);
});
