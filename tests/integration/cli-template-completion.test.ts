import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runProgram } from "../../src/run-program.ts";
import { requirePrograms } from "../support/suite/requirements.ts";
import { recordingIo } from "../support/terminal/recording-io.ts";
import { openTerminalWindow, type TerminalWindow } from "../support/terminal/terminal-window.ts";

/** A busy machine takes its time: milliseconds. */
const PATIENCE_MS = 600_000;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cli-completion-"));
  await mkdir(join(folder, "work/sites"), { recursive: true });
  for (const name of ["web.pkr.hcl", "old.json", "values.pkrvars.hcl", "notes.txt"]) {
    await writeFile(join(folder, "work", name), "");
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function script(shell: string): Promise<string> {
  const io = recordingIo();
  expect(await runProgram(["completion", shell], io)).toBe(0);
  const path = join(folder, `completion.${shell}`);
  await writeFile(path, io.written.stdout);
  return path;
}

describe("completion", () => {
  it.each([[[]], [["ksh"]], [["bash", "zsh"]]])("refuses %j", async (argv) => {
    const io = recordingIo();
    expect(await runProgram(["completion", ...argv], io)).toBe(2);
    expect(io.written.stderr).toContain("The shell must be bash, zsh or fish");
  });
});

/** What is typed before Tab, and what stands there afterwards: `_` is the end of the line, where more may follow. */
const CASES: readonly (readonly [typed: string, shown: string])[] = [
  ["va", "validate"],
  ["build w", "build web.pkr.hcl"],
  ["build -force o", "build -force old.json"],
  ["build si", "build sites/"],
  ["build n", "build n"],
  ["build --f", "build --force"],
  ["build --loc", "build --local"],
  ["build -result-", "build -result-"],
  ["build -on-error=ab", "build -on-error=abort"],
  ["build --on-error=ab", "build --on-error=abort"],
  ["build -on-error as", "build -on-error ask"],
  ["build -var-file va", "build -var-file values.pkrvars.hcl"],
  ["build -var-file=va", "build -var-file=values.pkrvars.hcl"],
  ["build -log no", "build -log notes.txt"],
  ["build -on-error=ask -log x w", "build -on-error=ask -log x web.pkr.hcl"],
  ["build -local-state si", "build -local-state sites/"],
  ["validate --check", "validate --check-account"],
  ["fmt no", "fmt notes.txt"],
  ["help insp", "help inspect"],
  ["help local-cloud wai", "help local-cloud wait"],
  ["completion z", "completion zsh"],
  ["local-cloud wai", "local-cloud wait"],
  ["local-cloud start -po", "local-cloud start -port"],
  ["fleet sch", "fleet schedule"],
  ["fleet schedule ad", "fleet schedule add"],
  ["fleet schedule add -cr", "fleet schedule add -cron"],
  ["fleet schedule add -priority lo", "fleet schedule add -priority low"],
  ["fleet schedule add w", "fleet schedule add web.pkr.hcl"],
  ["local-cloud import web no", "local-cloud import web notes.txt"],
  ["local-cloud import no", "local-cloud import no"],
];

interface Shell {
  readonly command: readonly string[];
  readonly setUp: (script: string) => string;
}

const SHELLS: Readonly<Record<string, Shell>> = {
  bash: { command: ["bash", "--norc"], setUp: (path) => `set -u; source '${path}'; PS1='%% '` },
  zsh: {
    command: ["zsh", "-f"],
    setUp: (path) => `autoload -Uz compinit; compinit -D -u; source '${path}'; PS1='%%%% '; RPS1=`,
  },
  fish: {
    command: ["fish", "--no-config"],
    setUp: (path) => `source '${path}'; set fish_autosuggestion_enabled 0; function fish_prompt; echo '%% '; end`,
  },
};

describe.each(Object.entries(SHELLS))("completion in %s", (shell, { command, setUp }) => {
  requirePrograms("tmux", shell)("with the Tab key", () => {
    let terminal: TerminalWindow;
    beforeAll(async () => {
      const home = join(folder, shell);
      // fish puts its sockets into the folder for temporary files where it has no other, and leaves them there.
      const env = { HOME: home, TMPDIR: home, XDG_RUNTIME_DIR: home, PATH: process.env.PATH ?? "" };
      await mkdir(home);
      const own = ["sh", "-c", `cd '${join(folder, "work")}' && exec "$@"`, "sh", ...command];
      terminal = await openTerminalWindow({ folder: env.HOME, command: own, env });
      await terminal.press(setUp(await script(shell)), "Enter");
      await terminal.shows(/^%%/m);
    }, PATIENCE_MS);
    afterAll(() => terminal[Symbol.asyncDispose]());

    it.each(CASES)(
      "makes %j %j",
      async (typed, shown) => {
        const literally = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
        await terminal.press(`outscale-chroot ${typed}`);
        await terminal.shows(new RegExp(`^%% outscale-chroot ${literally(typed)}$`, "m"));
        await terminal.press("Tab");
        // What is typed behind it shows that the Tab is done with; a Tab that comes with other keys is pasted text.
        if (typed === shown) await terminal.shows(new RegExp(`^%% outscale-chroot ${literally(shown)}$`, "m"));
        else await terminal.shows(new RegExp(`^%% outscale-chroot ${literally(shown)}=? ?$`, "m"));
        await terminal.press("_");
        await terminal.shows(new RegExp(`^%% outscale-chroot ${literally(shown)}=? ?_`, "m"));
        await terminal.press("C-c");
        await terminal.shows(/^%%$(?![\s\S]*^%% \S)/m);
      },
      PATIENCE_MS,
    );

    it(
      "lists what there is",
      async () => {
        await terminal.press("C-l");
        await terminal.shows(/^%%\n\s*$/);
        await terminal.press("outscale-chroot build --loc");
        await terminal.shows(/build --loc$/m);
        await terminal.press("Tab");
        await terminal.shows(/build --local$/m);
        await terminal.press("Tab");
        if (shell !== "fish") await terminal.press("Tab");
        const shown = await terminal.shows(/--local-state/);
        expect(shown).toMatch(/--local[^-][\s\S]*--local[^-]/);
        expect(shown).not.toContain("--force");
      },
      PATIENCE_MS,
    );
  });
});
