import { closeSync, mkdirSync, openSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { openFolder } from "../../src/chroot/openat.ts";
import { type Isolation, type Sandbox, startSandbox } from "../../src/chroot/sandbox.ts";
import type { RunOptions } from "../../src/host/run-command.ts";
import { Cleanup, tempFolder } from "../support/chroot/fixtures.ts";
import { untilRuns } from "../support/program/until-runs.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

async function start(isolation: Isolation = "private"): Promise<Sandbox> {
  const sandbox = await startSandbox({ isolation });
  cleanup.add(() => sandbox.stop());
  return sandbox;
}

const brief: RunOptions = { brief: {} };
/** Who has started the program: with a standing shell always the same. */
const PARENT = ["sh", "-c", "echo $PPID"];

const describe = requirePrograms("unshare", "nsenter");

describe("Sandbox.run() of what is brief", () => {
  it.each<Isolation>(["private", "host"])(
    "starts one program after the other from one shell, %s",
    async (isolation) => {
      const sandbox = await start(isolation);
      const parents = await Promise.all([1, 2].map(() => sandbox.run(PARENT, brief)));
      expect(new Set(parents.map(({ stdout }) => stdout)).size).toBe(1);
      expect(parents[0]?.stdout).not.toBe((await sandbox.run(PARENT)).stdout);
      expect(await sandbox.leftovers()).toEqual([]);
      expect(await sandbox.stopLeftovers()).toEqual([]);
    },
  );

  it("gives what it printed and how it ended, and fails as every other", async () => {
    const sandbox = await start();
    const argv = ["sh", "-c", "echo out; echo err >&2; exit $0", "3"];
    const ended = { stdout: "out\n", stderr: "err\n", exitCode: 3 };
    expect(await sandbox.run(argv, { ...brief, okExitCodes: [0, 3] })).toEqual(ended);
    const [one, other] = await Promise.all(
      [brief, {}].map((options) => sandbox.run(argv, options).catch((error: unknown) => error)),
    );
    expect(one).toEqual(other);
    expect(one).toMatchObject({ code: "E_COMMAND", status: { code: 3, signal: null }, stderr: "err\n" });
    await expect(sandbox.run(["no-such-program"], brief)).rejects.toMatchObject({ code: "E_MISSING_PROGRAM" });
  });

  it.each(["$HOME `id` 'x' \\", "a\nb", "\u00e9"])("passes on an argument as it is: %j", async (argument) => {
    expect((await (await start()).run(["printf", "%s", argument], brief)).stdout).toBe(argument);
  });

  it("goes on when everything in the sandbox was killed", async () => {
    const sandbox = await start();
    const { stdout: before } = await sandbox.run(PARENT, brief);
    await sandbox.run(["sh", "-c", "kill -9 -1; true"]);
    expect((await sandbox.run(PARENT, brief)).stdout).not.toBe(before);
    await sandbox.run(["sh", "-c", `setsid sleep 611 >/dev/null 2>&1 & ${untilRuns("sleep 611")}`]);
    expect(await sandbox.stopLeftovers({ graceMs: 50 })).toMatchObject([{ command: "sleep 611" }]);
    expect((await sandbox.run(["echo", "alive"], brief)).stdout).toBe("alive\n");
  });

  it("gives a program the folder of the descriptor, whatever its path leads to", async () => {
    const sandbox = await start();
    const folder = await tempFolder(cleanup);
    for (const name of ["asked", "swapped"]) mkdirSync(join(folder, name));
    const [asked, swapped] = [join(folder, "asked"), join(folder, "swapped")];
    const stdin = openFolder(asked);
    cleanup.add(async () => closeSync(stdin));
    const readInput = async (stdinPath: string) =>
      (await sandbox.run(["stat", "-c", "%i", "/proc/self/fd/0/."], { stdin, brief: { stdinPath } })).stdout.trim();
    for (const path of [asked, swapped, join(folder, "missing")]) {
      expect(await readInput(path)).toBe(`${statSync(asked).ino}`);
    }
    expect((await sandbox.run(["pwd"], brief)).stdout).toBe("/\n");
    const empty = openSync("/dev/null", "r");
    cleanup.add(async () => closeSync(empty));
    expect((await sandbox.run(["cat"], { stdin: empty, brief: { stdinPath: asked } })).stdout).toBe("");
  });

  it("tells when the sandbox has ended", async () => {
    const sandbox = await start();
    await sandbox.run(["true"], brief);
    await sandbox.stop();
    await expect(sandbox.run(["true"], brief)).rejects.toMatchObject({ code: "E_SANDBOX" });
  });
});
