import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { bundleProgram } from "../support/program/bundled-program.ts";
import { type Running, running } from "../support/program/running.ts";
import { buildPrograms, requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms(...buildPrograms, "redis-server");

let folder: string;
let program: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "demo-test-"));
  program = await bundleProgram(join(folder, "program"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function run(argv: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  const own = { PATH: process.env.PATH, HOME: folder, TMPDIR: folder };
  const options = {
    env: { ...own, ...env },
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"] as ["ignore", "pipe", "pipe"],
  };
  return running(spawn(process.execPath, [program, ...argv], options));
}

const demoFolders = async () => (await readdir(folder)).filter((name) => name.startsWith("fleet-demo-"));

/** The processes that have a text among their arguments. */
async function processesWith(text: string): Promise<readonly number[]> {
  const found: number[] = [];
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const words = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (words.includes(text)) found.push(Number(pid));
  }
  return found;
}

async function expectNothingLeft(): Promise<void> {
  expect(await demoFolders()).toEqual([]);
  expect(await processesWith(join(folder, "fleet-demo-"))).toEqual([]);
  expect((await processesWith(program)).filter((pid) => pid !== process.pid)).toEqual([]);
}

describe("fleet demo", () => {
  it("shows two builds on two workers, and takes all down", async () => {
    // Credentials of a real account have no part in it.
    const demo = run(["fleet", "demo"], { OSC_ACCESS_KEY: "REAL", OSC_SECRET_KEY: "REAL", OSC_REGION: "eu-west-2" });
    expect(await demo.ended(), demo.output()).toBe(0);
    const output = demo.output();
    expect(output).toContain("outscale-chroot.web: I am web");
    expect(output).toContain("outscale-chroot.db: I am db");
    // Nobody needs to know where a worker has put the template.
    expect(output).not.toContain("/temporary/");
    expect(output).toMatch(/eu-west-2 +2 +2 +0 +0\n/);
    expect(output.match(/ done +1 of 3 +w-[0-9a-f]{12} +eu-west-2:ami-/g)).toHaveLength(2);
    expect(output).toContain("All is taken down");
    await expectNothingLeft();
  });

  it("goes on with -keep, for who reads its environment, until it is stopped", async () => {
    const demo = run(["fleet", "demo", "-keep"]);
    await demo.says("until Ctrl-C");
    const [name = ""] = await demoFolders();
    const lines = await readFile(join(folder, name, "env"), "utf8");
    const env = Object.fromEntries([...lines.matchAll(/^export (\w+)=(.*)$/gm)].map(([, key, value]) => [key, value]));
    const again = run(
      ["build", "-queue", env.OUTSCALE_CHROOT_QUEUE, "-only", "*.web", join(folder, name, "demo.pkr.hcl")],
      env,
    );
    expect(await again.ended(), again.output()).toBe(0);
    demo.child.kill("SIGINT");
    expect(await demo.ended(), demo.output()).toBe(0);
    await expectNothingLeft();
  });

  it("ends its builds when a part of it dies while they run", async () => {
    const dying = run(["fleet", "demo"]);
    await dying.says("has it");
    const [redis] = await processesWith(`redis-server unixsocket:${folder}`);
    expect(redis).toBeDefined();
    process.kill(redis as number, "SIGKILL");
    expect(await dying.ended(), dying.output()).toBe(16);
    expect(dying.output()).toContain("redis-server has ended");
    await expectNothingLeft();
  });

  it("takes all down when it is stopped in its builds, or a part of it dies", async () => {
    const stopped = run(["fleet", "demo"]);
    await stopped.says("has it");
    expect(await stopped.stopped(), stopped.output()).toBe(130);
    await expectNothingLeft();
    const dying = run(["fleet", "demo", "-keep"]);
    await dying.says("until Ctrl-C");
    const [redis] = await processesWith(`redis-server unixsocket:${folder}`);
    expect(redis).toBeDefined();
    process.kill(redis as number, "SIGKILL");
    expect(await dying.ended(), dying.output()).toBe(16);
    expect(dying.output()).toContain("redis-server has ended");
    await expectNothingLeft();
  });
});
