import { execFile, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "rolldown";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { lockFolder } from "../../src/local-cloud/folder/folder-lock.ts";
import { signedCall } from "../support/local-cloud/signed-call.ts";

const execute = promisify(execFile);

/** Does something again and again, until it is told to end. */
function everyMoment(act: () => Promise<unknown>): { end(): Promise<void> } {
  let isOver = false;
  const ended = (async () => {
    while (!isOver) await act();
  })();
  return {
    end: () => {
      isOver = true;
      return ended;
    },
  };
}

/** The processes in the background that serve a state folder, or are about to. */
async function serversOf(state: string): Promise<readonly string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")));
  return lines.filter((line) => line.includes(`\0-state\0${state}\0`) && !line.includes("-detach"));
}

/** The program as it is installed: a server in the background is a process of its own. */
describe("outscale-chroot local-cloud start -detach", () => {
  let bundle: string;
  let folder: string;

  beforeAll(async () => {
    bundle = await mkdtemp(join(tmpdir(), "cli-background-"));
    await build({
      input: { main: "src/main.ts" },
      platform: "node",
      transform: { target: "es2022" },
      logLevel: "silent",
      output: { dir: bundle, format: "esm", entryFileNames: "[name].mjs", chunkFileNames: "[name]-[hash].mjs" },
    });
  });
  afterAll(() => rm(bundle, { recursive: true, force: true }));
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "background-"));
  });
  afterEach(async () => {
    await cli("stop");
    await rm(folder, { recursive: true, force: true });
  });

  async function cli(action: string, ...flags: readonly string[]) {
    const argv = [join(bundle, "main.mjs"), "local-cloud", action, "-state", join(folder, "state"), ...flags];
    return execute(process.execPath, argv).catch((error: { stdout: string; stderr: string; code: number }) => error);
  }

  function callerOf(printed: string) {
    const value = (name: string) => new RegExp(`^export ${name}=(\\S+)$`, "m").exec(printed)?.[1] ?? "";
    return {
      endpoint: value("OSC_ENDPOINT_API"),
      accessKey: value("OSC_ACCESS_KEY"),
      secretKey: value("OSC_SECRET_KEY"),
    };
  }

  it("prints the address of its console, which lets in", async () => {
    const { stderr } = await cli("start", "-memory", "-detach", "-web");
    const address = /^Its console is at (http:\S+)$/m.exec(stderr)?.[1] ?? "";
    const { status, headers } = await fetch(address, { redirect: "manual" });
    expect([status, headers.get("location")]).toEqual([303, "/"]);
    expect((await fetch(new URL("/", address))).status).toBe(401);
  });

  it("goes on when the command has ended, with its environment for all, until it is stopped", async () => {
    const { stdout } = await cli("start", "-memory", "-detach", "-vms", "2");
    expect((await signedCall(callerOf(stdout), "ReadVms")).body.Vms).toHaveLength(2);
    expect((await cli("wait")).stderr).toContain(callerOf(stdout).endpoint);
    expect((await cli("env")).stdout).toBe(stdout);
    expect((await cli("env", "-vm", "2")).stdout).toMatch(/METADATA_ENDPOINT=\S+\/vms\/i-[0-9a-f]{8}\n/);
    expect((await cli("start", "-memory", "-detach")).stderr).toContain("runs on");
    expect((await cli("reset")).stderr).toContain("starts afresh");
    expect((await signedCall(callerOf(stdout), "ReadVms")).status).toBe(200);
    expect((await cli("stop")).stderr).toContain("has stopped");
    await expect(signedCall(callerOf(stdout), "ReadVms")).rejects.toThrow();
    expect((await cli("wait", "-timeout", "0s")).stderr).toContain("No local cloud answers");
  });

  it("shows calls to `trace`, which ends when its reader has gone", async () => {
    const { stdout } = await cli("start", "-memory", "-detach");
    const argv = [join(bundle, "main.mjs"), "local-cloud", "trace", "-state", join(folder, "state")];
    const trace = spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "inherit"] });
    const ended = once(trace, "close");
    const calls = everyMoment(() => signedCall(callerOf(stdout), "ReadVms"));
    const [shown] = await once(trace.stdout, "data");
    expect(String(shown)).toMatch(/ReadVms +builder +200 /);
    trace.stdout.destroy();
    expect(await ended).toEqual([0, null]);
    await calls.end();
  });

  it("keeps the keys that it is given out of the arguments of its process, and its log to its owner", async () => {
    // Another run of the tests may have its own on a command line at this moment.
    const secret = `a-secret-of-${randomUUID()}`;
    const { stdout } = await cli("start", "-memory", "-detach", "-access-key", "OURKEY", "-secret-key", secret);
    expect(callerOf(stdout)).toMatchObject({ accessKey: "OURKEY", secretKey: secret });
    expect((await execute("ps", ["-eo", "args"])).stdout).not.toContain(secret);
    expect((await stat(join(folder, "state/local-cloud.log"))).mode & 0o777).toBe(0o600);
  });

  it("says why it could not start", async () => {
    await cli("start", "-memory", "-detach");
    await cli("stop");
    const { stderr } = await cli("start", "-memory", "-detach", "-region", "us-east-2");
    expect(stderr).toMatch(
      /^Error: The local cloud has ended at once: The local cloud in "\S+" is of the region eu-west-2, not us-east-2\n {2}code {6}E_LOCAL_CLOUD\n$/,
    );
  });

  it("leaves no server when it is stopped before that is ready", async () => {
    const state = join(folder, "state");
    await mkdir(state);
    const lock = await lockFolder(state);
    const argv = [join(bundle, "main.mjs"), "local-cloud", "start", "-memory", "-detach", "-state", state];
    const start = spawn(process.execPath, argv, { stdio: "ignore" });
    const ended = once(start, "close");
    await expect.poll(() => serversOf(state)).toHaveLength(1);
    start.kill("SIGTERM");
    expect(await ended).toEqual([130, null]);
    await expect.poll(() => serversOf(state)).toEqual([]);
    lock?.release();
  });

  it("says how it is stopped, with the folder where it is not the one of every command", async () => {
    const { stderr } = await cli("start", "-memory", "-detach");
    expect(stderr).toContain(`Stop it with outscale-chroot local-cloud stop -state ${join(folder, "state")}\n`);
  });

  it("plants its seed again when it is emptied, and keeps what it has when the seed can no longer be read", async () => {
    const seed = join(folder, "seed");
    await mkdir(seed);
    await writeFile(join(seed, "seed.yaml"), "volumes: [{ size: 7 }]");
    const sizes = async () =>
      JSON.parse((await cli("volumes", "-json")).stdout).map(({ Size }: { Size: number }) => Size);
    await cli("start", "-memory", "-detach", "-seed", seed);
    expect(await sizes()).toEqual([10, 7]);
    await cli("reset");
    expect(await sizes()).toEqual([10, 7]);
    await rm(seed, { recursive: true });
    expect((await cli("reset")).stderr).toContain("is not a seed");
    expect(await sizes()).toEqual([10, 7]);
  });
});
