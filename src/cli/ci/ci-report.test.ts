import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sampleRecord } from "../../../tests/support/report/sample-record.ts";
import { recordingIo } from "../../../tests/support/terminal/recording-io.ts";
import { uiOf } from "../../bake/report.ts";
import type { BuildEvent, StepName } from "../../builder/events.ts";
import type { Clock } from "../../common/clock.ts";
import { ProvisionError } from "../../common/errors.ts";
import { writeRecord } from "../../history/history-folder.ts";
import { makeReport } from "../make-report.ts";
import { writeJson } from "../output/json-report.ts";
import type { ShownReport } from "../output/shown-report.ts";
import { tellError } from "../output/tell-error.ts";
import { runCli } from "../run-cli.ts";
import { harmlessIo } from "./harmless-io.ts";

const clock: Clock = { now: () => 1_700_000_000_000, sleep: async () => undefined };
const web = "outscale-chroot.web";
const github = { GITHUB_ACTIONS: "true", GITHUB_WORKSPACE: process.cwd() };
const gitlab = { GITLAB_CI: "true" };
const noFlags = { "machine-readable": undefined, "timestamp-ui": undefined, json: undefined };

async function report(env: NodeJS.ProcessEnv, { builds = [web], parallel = 0, json = false, machine = false } = {}) {
  const io = recordingIo({ env: { ...env, NO_COLOR: "1" } });
  const flags = { ...noFlags, json, "machine-readable": machine, color: undefined, progress: undefined };
  return { io, told: await makeReport({ flags, io, clock, builds, parallel }) };
}

const started = (step: StepName): BuildEvent => ({ type: "step-started", step, number: 16, count: 24, at: 0 });
const ended: BuildEvent = { type: "step-ended", step: "StepCopyFiles", at: 1, elapsedMs: 1, outcome: "done" };
const result = { name: web, outcome: "failed", elapsedMs: 1_000, phases: [], artifact: undefined, made: [] } as const;
const failure = { ...result, error: new ProvisionError('The provisioner "shell" (web.pkr.hcl:12) failed: 50%') };

/** A build in which an image says something. */
function tell(told: ShownReport, text: string): void {
  told.event(web, started("StepCopyFiles"));
  uiOf(told, web).message(text);
  told.event(web, ended);
  uiOf(told, web).message("between steps");
  told.event(web, started("StepBootCheck"));
  told.ended(failure);
  told[Symbol.dispose]();
}

/** What GitHub's runner does with a log: the commands that it obeys, and the lines that it shows. */
function readAsGithub(log: string) {
  const commands: string[] = [];
  const shown: string[] = [];
  let token: string | undefined;
  for (const line of log.trimEnd().split("\n")) {
    const [, name = "", data = ""] = /^[\s\u0085]*::([^:]+)::(.*)$/.exec(line) ?? /##\[([^\]]+)\](.*)/.exec(line) ?? [];
    if (token !== undefined) {
      if (name === token) token = undefined;
      else shown.push(line);
    } else if (name === "stop-commands") token = data;
    else if (name === "") shown.push(line);
    else commands.push(`${name} ${data}`.trim());
  }
  return { commands, shown, isStopped: token !== undefined };
}

const HOSTILE = "::set-env name=PATH::/evil\n::add-mask::e\n##[endgroup]\n::endgroup::\n::stop-commands::x\n::x::";

describe("harmlessIo()", () => {
  it.each([
    HOSTILE,
    ...["", " ", "\t", "\u00a0", "\u0085", "\u3000", "a\r", "a\n\n  "].map((blank) => `${blank}::add-mask::e`),
    "far in a line ##[add-mask]e",
    ":::add-mask::e",
  ])("has no command for GitHub in what a command tells: %j", (text) => {
    const io = recordingIo({ env: github });
    const { stdout, stderr } = harmlessIo(io);
    for (const sink of [stdout, stderr]) sink.write(`${text}\n`);
    for (const written of [io.written.stdout, io.written.stderr]) {
      expect(readAsGithub(written.replaceAll("\r", "\n"))).toMatchObject({ commands: [], isStopped: false });
    }
    writeJson(io, { text });
    expect(readAsGithub(io.written.stdout.replaceAll("\r", "\n")).commands).toEqual([]);
    expect(JSON.parse(io.written.stdout.slice(io.written.stdout.indexOf("{")))).toEqual({ text });
  });

  it("has no mark of a section for GitLab", () => {
    const io = recordingIo({ env: gitlab });
    harmlessIo(io).stdout.write("\u001b[0Ksection_start:1:x\r\u001b[0Kx\n");
    expect(io.written.stdout).not.toContain("\r");
  });

  it.each([["-lines"], ["-json"]])("is what runs show %s has", async (flag) => {
    const folder = mkdtempSync(join(tmpdir(), "ci-"));
    try {
      const lines = HOSTILE.split("\n").map((text) => ({ kind: "message" as const, part: null, text, atMs: 0 }));
      const record = { ...sampleRecord(), lines, warnings: [HOSTILE] };
      await writeRecord(folder, record);
      const io = recordingIo({ env: github });
      const code = await runCli(["runs", "show", "-state", folder, flag, record.runId], {
        io,
        runPlugin: async () => 1,
      });
      expect([code, io.written.stderr]).toEqual([0, ""]);
      expect(readAsGithub(io.written.stdout).commands).toEqual([]);
      expect(io.written.stdout).toContain("evil");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("leaves alone what is written to the letter, other lines, and what nobody reads so", () => {
    const text = "a::b\n :c\n##[x]\n::d::e\n";
    const io = recordingIo({ env: github });
    harmlessIo(io).stdout.writeExact(text);
    harmlessIo(io).stdout.write("a::b\n :c\n");
    expect(io.written.stdout).toBe(`${text}a::b\n :c\n`);
    const elsewhere = recordingIo();
    harmlessIo(elsewhere).stdout.write(text);
    expect(elsewhere.written.stdout).toBe(text);
  });
});

describe("a report under GitHub Actions", () => {
  it("has a group for each step that says something, and an annotation where the template failed", async () => {
    const { io, told } = await report(github);
    tell(told, "hello");
    const { commands, shown, isStopped } = readAsGithub(io.written.stdout);
    expect(commands).toEqual([
      "group outscale-chroot.web: StepCopyFiles (step 16 of 24)",
      "endgroup",
      'error file=web.pkr.hcl,line=12 outscale-chroot.web: The provisioner "shell" (web.pkr.hcl:12) failed: 50%25',
    ]);
    expect(shown).toContain("    outscale-chroot.web: hello");
    expect({ isStopped, stderr: io.written.stderr }).toEqual({ isStopped: false, stderr: "" });
  });

  it("obeys nothing that an image says", async () => {
    const { io, told } = await report(github);
    told.note("error", HOSTILE);
    tell(told, HOSTILE);
    const names = readAsGithub(io.written.stdout).commands.map((command) => command.split(" ")[0]);
    expect(names).toEqual(["group", "endgroup", "error"]);
  });

  it("annotates warnings", async () => {
    const { io, told } = await report(github);
    uiOf(told, web).warn("It is\nslow");
    expect(readAsGithub(io.written.stdout)).toMatchObject({
      commands: ["warning outscale-chroot.web: It is%0Aslow"],
      shown: [],
    });
  });

  it("has no groups while builds run side by side", async () => {
    const both = { builds: [web, "outscale-chroot.db"] };
    const aside = await report(github, both);
    tell(aside.told, "hello");
    expect(aside.io.written.stdout).not.toContain("::group::");
    const inTurn = await report(github, { ...both, parallel: 1 });
    tell(inTurn.told, "hello");
    expect(inTurn.io.written.stdout).toContain("::group::");
  });

  it.each([{ json: true }, { machine: true }])(
    "keeps what is for programs as it is, but harmless: %j",
    async (options) => {
      const { io, told } = await report(github, options);
      uiOf(told, web).message("##[add-mask]e");
      told[Symbol.dispose]();
      expect(readAsGithub(io.written.stdout).commands).toEqual([]);
      if (options.json) expect(JSON.parse(io.written.stdout)).toMatchObject({ text: "##[add-mask]e" });
    },
  );

  it("annotates what refused a template", () => {
    const io = recordingIo({ env: github });
    tellError(failure.error, io);
    expect(readAsGithub(io.written.stderr).commands).toEqual([
      expect.stringContaining("error file=web.pkr.hcl,line=12"),
    ]);
  });
});

describe("a report under GitLab CI", () => {
  const mark = (what: string, options = "") => {
    return `\u001b[0Ksection_${what}:1700000000:outscale_chroot_1${options}\r\u001b[0K`;
  };

  it("has a folded section for each step that says something", async () => {
    const { io, told } = await report(gitlab);
    tell(told, "hello");
    expect(io.written.stdout).toContain(
      `${mark("start", "[collapsed=true]")}outscale-chroot.web: StepCopyFiles (step 16 of 24)\n` +
        `    outscale-chroot.web: hello\n${mark("end")}\n    outscale-chroot.web: between steps\n`,
    );
  });

  it("takes nothing that an image says for a section", async () => {
    const { io, told } = await report(gitlab);
    const forged = "\u001b[0Ksection_end:1700000000:outscale_chroot_1\r\u001b[0K";
    told.note("error", forged);
    tell(told, forged);
    expect(io.written.stdout.match(/section_\w+:\d+:[\w.-]+(\[[^\]]*\])?\r\u001b\[0K/g)).toHaveLength(2);
  });
});

it("makeReport() colours the log of a CI system, which is no terminal", async () => {
  const io = recordingIo({ env: gitlab });
  const flags = { ...noFlags, color: undefined, progress: undefined };
  using told = await makeReport({ flags, io, clock, builds: [web], parallel: 0 });
  uiOf(told, web).error("no");
  expect(io.written.stdout).toContain("\u001b[31m");
});
