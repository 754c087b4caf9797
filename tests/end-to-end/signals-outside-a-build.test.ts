import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { resetLocalCloud } from "../../src/local-cloud/administer-cloud.ts";
import { bundleProgram } from "../support/program/bundled-program.ts";
import { buildPrograms, requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms(...buildPrograms);

let folder: string;
let program: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "signals-test-"));
  program = await bundleProgram(join(folder, "program"));
});
afterAll(async () => {
  await resetLocalCloud(join(folder, "state/local-cloud"));
  await rm(folder, { recursive: true, force: true });
});

async function writeTemplate(name: string, postProcessor = ""): Promise<string> {
  const path = join(folder, `${name}.pkr.hcl`);
  const text = `
source "outscale-chroot" "web" {
  omi_name   = "${name}"
  boot_check = "off"
  source_omi_filter {
    filters = { image-name = "Debian-12-*" }
    owners  = ["Outscale"]
  }
}
build {
  sources = ["source.outscale-chroot.web"]
  ${postProcessor}
}
`;
  await writeFile(path, text);
  return path;
}

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

/** Runs the program, and sends it a signal as soon as its output shows this; at once where that is the empty text. */
async function run(
  argv: readonly string[],
  kill?: { readonly signal: NodeJS.Signals; readonly at: string },
  state = "state",
): Promise<Ended> {
  const env = { PATH: process.env.PATH, OUTSCALE_CHROOT_STATE: join(folder, state) };
  const child = spawn(process.execPath, [program, ...argv], { env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  let isSent = false;
  const look = () => {
    if (kill === undefined || isSent || !output.includes(kill.at)) return;
    isSent = true;
    child.kill(kill.signal);
  };
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (piece) => {
      output += piece;
      look();
    });
  }
  await once(child, "spawn");
  look();
  const [code, signal] = await once(child, "close");
  return { code, signal, output };
}

/** What is in the account and on this machine, besides the OMIs that were registered. */
async function leftovers() {
  const { output } = await run(["local-cloud", "status", "-json"]);
  const { volumes, violations } = JSON.parse(output);
  const list = (name: string) => readdir(join(folder, "state", name)).catch(() => []);
  const mounts = (await readFile("/proc/self/mountinfo", "utf8")).split("\n").filter((line) => line.includes(folder));
  return { volumes, violations, mounts, runs: await list("runs"), temporary: await list("temporary") };
}

const nothing = { volumes: 1, violations: [], mounts: [], runs: [], temporary: [] };

describe("a signal", () => {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

  it.each(signals)("%s before anybody listens ends the program, with nothing created", async (signal) => {
    const template = await writeTemplate(`early-${signal}`);
    const state = `untouched-${signal}`;
    const ended = await run(["build", "-local", template], { signal, at: "" }, state);
    expect([ended.signal, ended.code]).toEqual([signal, null]);
    expect(existsSync(join(folder, state))).toBe(false);
  });

  it.each(signals)("%s when the build begins to speak stops it, with nothing left", async (signal) => {
    const template = await writeTemplate(`begin-${signal}`);
    const ended = await run(["build", "-local", template], { signal, at: "==>" });
    expect(ended.signal === signal || ended.code === 130, ended.output).toBe(true);
    expect(ended.output).not.toContain("OMIs were created");
    expect(await leftovers()).toEqual(nothing);
  });

  it.each(signals)("%s after the end changes nothing of what was built", async (signal) => {
    const template = await writeTemplate(`late-${signal}`);
    const ended = await run(["build", "-local", template], { signal, at: "OMIs were created" });
    expect(ended.signal === signal || ended.code === 0, ended.output).toBe(true);
    expect(await leftovers()).toEqual(nothing);
    const { output } = await run(["local-cloud", "images", "-json"]);
    expect(output).toContain(`late-${signal}`);
  });
});

describe("a post-processor whose program is killed", () => {
  it("leaves its script to `cleanup`, which removes it", async () => {
    const script = `post-processor "shell-local" {\n    inline = ["true a-secret-token", "kill -KILL $PPID"]\n  }`;
    const template = await writeTemplate("killed", script);
    expect(await run(["build", "-local", template])).toMatchObject({ signal: "SIGKILL" });
    const [left = "", ...more] = (await leftovers()).temporary;
    expect(more).toEqual([]);
    expect(await readFile(join(folder, "state/temporary", left, "script"), "utf8")).toContain("a-secret-token");
    const cleaned = await run(["cleanup"]);
    expect(cleaned).toMatchObject({ code: 0, output: expect.stringContaining(`Removed ${folder}`) });
    expect(await leftovers()).toEqual(nothing);
  });
});
