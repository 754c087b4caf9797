import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { resetLocalCloud } from "../../src/local-cloud/administer-cloud.ts";
import { bundleProgram } from "../support/program/bundled-program.ts";
import { requirePrograms } from "../support/suite/requirements.ts";
import { openTerminalWindow, type TerminalWindow } from "../support/terminal/terminal-window.ts";

const describe = requirePrograms("tmux", "bash", "losetup", "partx", "mount", "nsenter", "unshare");

/** A busy machine takes its time: milliseconds. */
const PATIENCE_MS = 600_000;

let folder: string;
let program: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cli-terminal-"));
  program = await bundleProgram(folder);
});
afterAll(async () => {
  await resetLocalCloud(join(folder, "local-cloud"));
  await rm(folder, { recursive: true, force: true });
});

let terminal: TerminalWindow;
beforeEach(async () => {
  const env = { OUTSCALE_CHROOT_STATE: folder, PS1: "$ " };
  terminal = await openTerminalWindow({ folder, command: ["bash", "--norc"], env });
  await terminal.shows(/^\$/m);
});
afterEach(() => terminal[Symbol.asyncDispose]());

async function template(names: readonly string[], line: string): Promise<string> {
  const path = join(folder, `${names.join("-")}.pkr.hcl`);
  const builds = names.map(
    (name) => `source "source.outscale-chroot.small" {\n    name = "${name}"\n    omi_name = "${name}"\n  }`,
  );
  await writeFile(
    path,
    `source "outscale-chroot" "small" {
  boot_check = "off"
  source_omi_filter {
    filters = { image-name = "Debian-12-*" }
    owners  = ["Outscale"]
  }
}
build {
  ${builds.join("\n  ")}
  provisioner "shell" {
    inline = ["${line}"]
  }
}
`,
  );
  return path;
}

async function build(path: string): Promise<void> {
  await terminal.press(`clear; '${process.execPath}' '${program}' build --local '${path}'; echo code $?`, "Enter");
}

/** What no line may have when the program has ended: that is how live lines begin. */
const LIVE = /^\w+ +\d+\/24 /gm;
/** At its provisioner, in which it stays. */
const atProvisioner = (name: string) => new RegExp(`^${name} +17/24 +\\d+s +provisioner 1 of 1, shell `, "m");

describe("build on a terminal", () => {
  it(
    "has a line for each of three builds, at every width, and leaves plain lines",
    async () => {
      const names = ["web", "database", "cache"];
      await build(await template(names, "echo it begins; sleep 10000"));
      for (const name of names) await terminal.shows(atProvisioner(name));
      // A provisioner is shown as soon as it begins, and its command says something later.
      for (const name of names) await terminal.shows(new RegExp(`^ +outscale-chroot\\.${name}: it begins$`, "m"));
      expect((await terminal.history()).match(LIVE)).toHaveLength(names.length);
      await terminal.resize(40, 40);
      const narrow = await terminal.shows(/^cache +17\/24 +\d+s +provisioner.*…$/m);
      expect(narrow.match(LIVE)).toHaveLength(names.length);
      await terminal.resize(120, 30);
      for (const name of names) await terminal.shows(atProvisioner(name));
      expect((await terminal.history()).match(LIVE)).toHaveLength(names.length);
      await terminal.press("C-c");
      await terminal.shows(/^code 130$/m);
      const left = await terminal.history();
      expect(left).toContain("SIGINT: the build stops at the next safe point");
      expect(left).toContain("    outscale-chroot.cache: it begins\n");
      expect(left.match(LIVE)).toBeNull();
    },
    PATIENCE_MS,
  );

  it(
    "makes way for the shell when it is suspended, and goes on",
    async () => {
      await build(await template(["web"], "sleep 10000"));
      await terminal.shows(atProvisioner("web"));
      await terminal.press("C-z");
      expect((await terminal.shows(/Stopped/)).match(LIVE)).toBeNull();
      await terminal.press("fg", "Enter");
      await terminal.shows(atProvisioner("web"));
      await terminal.press("C-c");
      await terminal.shows(/^\$ $|^\$$/m);
      expect((await terminal.history()).match(LIVE)).toBeNull();
    },
    PATIENCE_MS,
  );

  it(
    "leaves plain lines when a build fails",
    async () => {
      await build(await template(["web"], "echo oh no; exit 3"));
      await terminal.shows(/^code 10$/m);
      const left = await terminal.history();
      expect(left).toMatch(/--> outscale-chroot\.web: Error: The provisioner .* failed/);
      expect(left.match(LIVE)).toBeNull();
    },
    PATIENCE_MS,
  );
});
