import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { hostRunner } from "../../src/host/run-command.ts";
import { resetLocalCloud } from "../../src/local-cloud/administer-cloud.ts";
import { bundleProgram } from "../support/program/bundled-program.ts";
import { requirePrograms } from "../support/suite/requirements.ts";
import { openTerminalWindow, type TerminalWindow } from "../support/terminal/terminal-window.ts";

const describe = requirePrograms("tmux", "bash", "script", "losetup", "partx", "mount", "nsenter", "unshare");

/** A busy machine takes its time: milliseconds. */
const PATIENCE_MS = 600_000;

let folder: string;
let program: string;
let template: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cli-shell-"));
  program = `'${process.execPath}' '${await bundleProgram(folder)}'`;
  template = join(folder, "web.pkr.hcl");
  await writeFile(
    template,
    `source "outscale-chroot" "web" {
  omi_name   = "web"
  boot_check = "off"
  source_omi_filter {
    filters = { image-name = "Debian-12-*" }
    owners  = ["Outscale"]
  }
}
build {
  sources = ["source.outscale-chroot.web"]
  provisioner "shell" {
    inline = [
      "printf '#!/bin/sh\\necho the own shell\\nexec /bin/sh\\n' > /bin/own",
      "chmod +x /bin/own",
      "echo root:x:0:0:root:/root:/bin/own > /etc/passwd",
      "exit 3",
    ]
  }
}
`,
  );
});
afterAll(async () => {
  await resetLocalCloud(join(folder, "local-cloud"));
  await rm(folder, { recursive: true, force: true });
});

async function openWindow(name: string): Promise<TerminalWindow> {
  const env = { OUTSCALE_CHROOT_STATE: folder, PS1: "$ " };
  const terminal = await openTerminalWindow({ folder: join(folder, name), command: ["bash", "--norc"], env });
  await terminal.shows(/^\$/m);
  return terminal;
}

/** Builds until the provisioner has failed. @returns the run's id */
async function buildUntilFailure(terminal: TerminalWindow, onError: "ask" | "abort"): Promise<string> {
  await terminal.press(`clear; ${program} build --local -on-error=${onError} '${template}'`, "Enter");
  const shown = await terminal.shows(/outscale-chroot shell [0-9a-f]{12}/);
  return /outscale-chroot shell ([0-9a-f]{12})/.exec(shown)?.[1] ?? "";
}

/** It says when it has the terminal, at first and again: a key that comes before that is the shell's. */
const jobThatSays = (word: string) => `sh -c 'trap "echo continued" CONT; echo ${word}; while :; do sleep 1; done'`;

/** Goes into the image, suspends a job and takes it back, and leaves with an exit code. */
async function useShell(terminal: TerminalWindow, runId: string): Promise<void> {
  // A shell may drop what is typed before its prompt.
  const prompt = `\\(image ${runId}\\) / #$`;
  const promptAfter = (text: string) => terminal.shows(new RegExp(`${text}[\\s\\S]*${prompt}`, "m"));
  await terminal.press(`clear; ${program} shell ${runId}; echo code $?`, "Enter");
  await terminal.shows(new RegExp(`You are in the image of run ${runId}`));
  await promptAfter("^the own shell$");
  await terminal.press(jobThatSays("begun"), "Enter");
  await terminal.shows(/^begun$/m);
  await terminal.press("C-z");
  await promptAfter("\\[1\\]\\+ +Stopped");
  await terminal.press("jobs; fg", "Enter");
  await terminal.shows(/Stopped[\s\S]*Stopped[\s\S]*^continued$/m);
  await terminal.press("C-c");
  await promptAfter("^continued$");
  await terminal.press("echo $SHELL; exit 7", "Enter");
  await terminal.shows(/^\/bin\/own\n[\s\S]*code 7$/m);
}

describe("shell on a terminal", () => {
  it(
    "gives a kept image's own shell, with job control, a prompt that says where it is, and its exit code",
    async () => {
      await using terminal = await openWindow("kept");
      const runId = await buildUntilFailure(terminal, "abort");
      await terminal.shows(/^\$ ?$/m);
      await useShell(terminal, runId);
      // The terminal is still the caller's.
      await terminal.press(`clear; ${jobThatSays("outside")}`, "Enter");
      await terminal.shows(/^outside$/m);
      await terminal.press("C-z");
      await terminal.shows(/Stopped[\s\S]*^\$ ?$/m);
      await terminal.press(`clear; ${program} cleanup ${runId}; echo code $?`, "Enter");
      await terminal.shows(/^code 0$/m);
    },
    PATIENCE_MS,
  );

  it(
    "gives the same in the image of a build that waits",
    async () => {
      await using terminal = await openWindow("waiting");
      const runId = await buildUntilFailure(terminal, "ask");
      await using other = await openWindow("visitor");
      await useShell(other, runId);
      await terminal.press("c", "Enter");
      await terminal.shows(/no artifacts were created/);
    },
    PATIENCE_MS,
  );
});

describe("shell in a pipe", () => {
  it(
    "reads commands, keeps standard output to what they print, and gives their exit code",
    async () => {
      await using terminal = await openWindow("pipe");
      const runId = await buildUntilFailure(terminal, "abort");
      await terminal.shows(/^\$ ?$/m);
      const command = ["sh", "-c", `${program} shell ${runId}; echo code $?`];
      const env = { ...process.env, OUTSCALE_CHROOT_STATE: folder } as Record<string, string>;
      const { stdout, stderr } = await hostRunner().run(command, { env, input: "cat /etc/passwd\nexit 5\n" });
      expect(stdout).toBe("the own shell\nroot:x:0:0:root:/root:/bin/own\ncode 5\n");
      expect(stderr).toMatch(/^You are in the image of run .*\n$/);
      await terminal.press(`clear; ${program} cleanup ${runId}; echo code $?`, "Enter");
      await terminal.shows(/^code 0$/m);
    },
    PATIENCE_MS,
  );
});
