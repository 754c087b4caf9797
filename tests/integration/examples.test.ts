import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parse } from "yaml";
import { findCommand } from "../../src/cli/find-command.ts";
import { parseFlags } from "../../src/cli/flags.ts";
import { hostRunner } from "../../src/host/run-command.ts";
import { localCloudImages, localCloudStatus, resetLocalCloud } from "../../src/local-cloud/administer-cloud.ts";
import { runProgram } from "../../src/run-program.ts";
import { fencedBlocks } from "../support/docs/shell-examples.ts";
import { requirePrograms } from "../support/suite/requirements.ts";
import { isWholeSweep } from "../support/suite/sample.ts";
import { recordingIo } from "../support/terminal/recording-io.ts";

const describe = requirePrograms("sfdisk", "mkfs.ext4", "systemd-analyze");
const MINUTES = 60_000;

const templates = readdirSync("examples").filter((name) => name.endsWith(".pkr.hcl"));

let folder: string;
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "examples-")));
});
afterAll(async () => {
  await resetLocalCloud(join(folder, "cloud"));
  rmSync(folder, { recursive: true, force: true });
});

async function run(...argv: readonly string[]) {
  const places = { OUTSCALE_CHROOT_LOCAL_CLOUD: join(folder, "cloud"), OUTSCALE_CHROOT_STATE: join(folder, "state") };
  const io = recordingIo({ env: { ...process.env, ...places, OSC_REGION: "eu-west-2" } });
  const exitCode = await runProgram(argv, io);
  return { exitCode, output: io.written.stdout + io.written.stderr };
}

describe("every template in examples/", () => {
  it.each(templates)("%s is valid, can be planned, and is laid out by fmt", async (name) => {
    const path = join("examples", name);
    expect(await run("validate", path)).toEqual({ exitCode: 0, output: "The configuration is valid.\n" });
    expect((await run("plan", path)).exitCode).toBe(0);
    expect(await run("fmt", "-check", path)).toEqual({ exitCode: 0, output: "" });
  });

  it.each(templates)("%s says how it is built", (name) => {
    expect(readFileSync(join("examples", name), "utf8")).toMatch(
      new RegExp(`^#   outscale-chroot build --local .*examples/${name}$`, "m"),
    );
  });
});

describe("examples/two-omis.pkr.hcl", () => {
  it("makes its two OMIs", async () => {
    const { exitCode, output } = await run("build", "-local", "-color=false", "examples/two-omis.pkr.hcl");
    expect(exitCode, output).toBe(0);
    const names = (await localCloudImages(join(folder, "cloud"))).map(({ ImageName }) => ImageName?.split("-")[0]);
    expect(names.toSorted()).toEqual(["Debian", "web", "worker"]);
    expect((await localCloudStatus(join(folder, "cloud"))).violations).toEqual([]);
  });
});

// A debootstrap, a kernel and a boot each: part of the sweep.
if (isWholeSweep) {
  requirePrograms(
    "debootstrap",
    "qemu-system-x86_64",
    "mkfs.vfat",
    "mkfs.xfs",
    "mkfs.btrfs",
  )("from nothing", () => {
    it.each(["debian-uefi", "file-systems"])(
      "%s boots, and nothing fails in it",
      async (name) => {
        const path = `examples/${name}.pkr.hcl`;
        const log = join(folder, `${name}.log`); // has the whole console
        const { exitCode, output } = await run("build", "-local", "-boot-test", "-color=false", "-log", log, path);
        expect(exitCode, output).toBe(0);
        const consoleLines = readFileSync(log, "utf8").match(/console \(\w+\): .*/g) ?? [];
        expect(consoleLines.join("\n")).toMatch(/login:/);
        expect(consoleLines.filter((line) => /\[FAILED\]|Failed to start/.test(line))).toEqual([]);
      },
      60 * MINUTES,
    );
  });
}

describe("the recipes of docs/ci.md", () => {
  const files = ["examples/ci/gitlab-ci.yml", "examples/ci/github-actions.yml"];

  it("are the files in examples/ci/", () => {
    const blocks = fencedBlocks(readFileSync("docs/ci.md", "utf8"), "yaml");
    expect(blocks).toEqual(files.map((file) => readFileSync(file, "utf8")));
  });

  it.each(files)("%s is YAML whose commands there are, with these flags", async (file) => {
    const lines = commandLines(parse(readFileSync(file, "utf8")));
    expect(lines.length).toBeGreaterThan(4);
    for (const line of lines) {
      const argv = line.replace("--version", "version").replaceAll('"', "").split(" ");
      const { command, argv: rest } = await findCommand(argv);
      expect(() => parseFlags(command.flags, rest), line).not.toThrow();
    }
  });

  /** What stands behind `outscale-chroot` in every text of a document. */
  function commandLines(node: unknown): string[] {
    if (typeof node === "string") {
      const [, argv] = /^(?:sudo .*)?outscale-chroot (.*)$/.exec(node) ?? [];
      return argv === undefined ? [] : [argv];
    }
    return typeof node === "object" && node !== null ? Object.values(node).flatMap(commandLines) : [];
  }
});

describe("examples/systemd/", () => {
  it("has units that systemd takes", async () => {
    const units = readdirSync("examples/systemd").map((name) => {
      const path = join(folder, name.replace("@", "@web"));
      // Where the program is installed is checked, too, and here it is not.
      const text = readFileSync(join("examples/systemd", name), "utf8");
      writeFileSync(path, text.replaceAll("/usr/local/bin/outscale-chroot", process.execPath));
      return path;
    });
    expect(units.map((path) => basename(path)).sort()).toEqual([
      "outscale-chroot-bake@web.service",
      "outscale-chroot-bake@web.timer",
      "outscale-chroot-worker.service",
    ]);
    const { stderr } = await hostRunner().run(["systemd-analyze", "verify", ...units]);
    expect(stderr).toBe("");
  });
});

describe("Containerfile", () => {
  it("installs what a build on the local cloud needs", () => {
    const text = readFileSync("Containerfile", "utf8").replaceAll("\\\n", " ");
    const [, installed = ""] = /apt-get install -qy --no-install-recommends\s+(.*?)\s+&&/.exec(text) ?? [];
    const [, needed = ""] = /^run_packages=\((.*)\)$/m.exec(readFileSync("scripts/setup", "utf8")) ?? [];
    expect(installed.split(/\s+/)).toEqual(expect.arrayContaining(needed.split(" ")));
  });

  it("is written as container engines read it", () => {
    const lines = readFileSync("Containerfile", "utf8").replace(/\\\n/g, " ").split("\n");
    const instructions = lines.filter((line) => line !== "" && !line.startsWith("#"));
    for (const line of instructions) expect(line).toMatch(/^(FROM|WORKDIR|COPY|RUN|VOLUME|ENTRYPOINT|CMD) /);
    for (const line of instructions.filter((each) => /^(ENTRYPOINT|CMD)/.test(each))) {
      expect(JSON.parse(line.replace(/^\w+ /, ""))).toEqual([expect.any(String)]);
    }
  });
});
