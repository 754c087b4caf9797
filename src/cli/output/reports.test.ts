import { describe, expect, it } from "vitest";
import { recordingIo } from "../../../tests/support/terminal/recording-io.ts";
import { type BuildResult, type Report, uiOf } from "../../bake/report.ts";
import type { Clock } from "../../common/clock.ts";
import { TimeoutError } from "../../common/errors.ts";
import { secrets } from "../../common/secrets.ts";
import { HumanReport } from "./human-report.ts";
import { JsonReport } from "./json-report.ts";
import { openLiveView } from "./live-view.ts";
import { MachineReport } from "./machine-report.ts";

const clock: Clock = { now: () => Date.parse("2026-01-02T03:04:05.678Z"), sleep: async () => undefined };
const name = "outscale-chroot.debian";
const artifact = {
  builderId: "oapi.outscale.chroot",
  id: "eu-west-2:ami-12345678",
  files: [],
  string: () => "OMIs were created:\neu-west-2: ami-12345678\n",
};

const result: BuildResult = {
  name,
  outcome: "done",
  elapsedMs: 65_250,
  phases: [
    { step: "StepSnapshot", startedAt: 2_000, elapsedMs: 63_000, outcome: "done" },
    { step: "StepCreateVolume", startedAt: 1_000, elapsedMs: 450, outcome: "done" },
    { step: "StepPreMountCommands", startedAt: 1_500, elapsedMs: 1, outcome: "done" },
    {
      step: "StepChrootProvision",
      provisioner: "shell (web.pkr.hcl:7)",
      startedAt: 1_600,
      elapsedMs: 350,
      outcome: "failed",
    },
    { step: "StepChrootProvision", startedAt: 1_600, elapsedMs: 360, outcome: "failed" },
  ],
  artifact,
  made: [],
  error: undefined,
};
const failure: BuildResult = {
  ...result,
  outcome: "failed",
  phases: [],
  artifact: undefined,
  error: new TimeoutError("Too late, alas"),
};

/** A build as the engine tells it. */
function tell(report: Report): void {
  const ui = uiOf(report, name);
  ui.say("Creating the volume...");
  ui.message("vol-12345678\nis its id");
  ui.warn("It is slow");
  ui.error("It failed, once");
}

function human(options: { color?: boolean; timestamps?: boolean; isTerminal?: boolean; isLive?: boolean } = {}) {
  const io = recordingIo({ isTerminal: options.isTerminal ?? false, answers: ["yes"] });
  const { color = false, timestamps = false, isLive = options.isTerminal ?? false } = options;
  const builds = [name, "other"];
  const live = isLive ? openLiveView(io.stdout, builds) : undefined;
  return { io, report: new HumanReport({ io, clock, color, timestamps, live, builds }) };
}

describe("HumanReport", () => {
  it("prints the lines that users of Packer know", () => {
    const { io, report } = human();
    tell(report);
    expect(io.written.stdout).toBe(
      [
        "==> outscale-chroot.debian: Creating the volume...",
        "    outscale-chroot.debian: vol-12345678",
        "    outscale-chroot.debian: is its id",
        "==> outscale-chroot.debian: Warning: It is slow",
        "",
      ].join("\n"),
    );
    expect(io.written.stderr).toBe("==> outscale-chroot.debian: It failed, once\n");
  });

  it("names the post-processor that speaks", () => {
    const { io, report } = human();
    uiOf(report, name, "manifest").say("Writing");
    expect(io.written.stdout).toBe("==> outscale-chroot.debian (manifest): Writing\n");
  });

  it("ends with the time per step and the artifacts", () => {
    const { io, report } = human();
    report.ended(result);
    report.finished([result], 66_000);
    expect(io.written.stdout).toBe(
      [
        "==> outscale-chroot.debian: Time per step:",
        "    outscale-chroot.debian: StepCreateVolume           0.45 s",
        "    outscale-chroot.debian: StepChrootProvision        0.36 s  failed",
        "    outscale-chroot.debian:   shell (web.pkr.hcl:7)    0.35 s  failed",
        "    outscale-chroot.debian: StepSnapshot             1 m 03 s",
        "    outscale-chroot.debian: in all                   1 m 05 s",
        "==> outscale-chroot.debian: Build 'outscale-chroot.debian' finished after 1 minute 5 seconds.",
        "",
        "==> Wait completed after 1 minute 6 seconds",
        "",
        "==> Builds finished. The artifacts of successful builds are:",
        "--> outscale-chroot.debian: OMIs were created:",
        "eu-west-2: ami-12345678",
        "",
      ].join("\n"),
    );
  });

  it("tells which builds failed, and why", () => {
    const { io, report } = human();
    report.ended(failure);
    report.finished([failure], 1_000);
    expect(io.written.stderr).toContain("--> outscale-chroot.debian: Error: Too late, alas");
    expect(io.written.stdout).toContain("Builds finished but no artifacts were created.");
  });

  it("gives each build a colour, errors red", () => {
    const { io, report } = human({ color: true });
    tell(report);
    report.line("say", "other", "hello");
    expect(io.written.stdout).toContain(
      "\u001b[1m\u001b[32m==> outscale-chroot.debian: Creating the volume...\u001b[39m\u001b[22m",
    );
    expect(io.written.stdout).toContain("\u001b[36m==> other: hello");
    expect(io.written.stderr).toContain("\u001b[31m==> outscale-chroot.debian: It failed, once");
  });

  it("puts the time first when asked to", () => {
    const { io, report } = human({ timestamps: true });
    uiOf(report, name).say("Hello");
    report.note("say", "\n==> All of it\nis done");
    const time = "2026-01-02T03:04:05Z";
    expect(io.written.stdout).toBe(
      `${time}: ==> outscale-chroot.debian: Hello\n\n${time}: ==> All of it\n${time}: is done\n`,
    );
  });

  it("asks, and gives the answer", async () => {
    const { io, report } = human();
    await expect(uiOf(report, name).ask("Go on?")).resolves.toBe("yes");
    expect(io.written.stdout).toBe("==> outscale-chroot.debian: Go on?\n");
  });
});

describe("MachineReport", () => {
  it("writes Packer's lines, with commas and line ends escaped", () => {
    const io = recordingIo();
    const report = new MachineReport(io.stdout, clock);
    tell(report);
    report.ended(result);
    report.finished([result, failure], 66_000);
    const lines = io.written.stdout.trimEnd().split("\n");
    expect(lines).toContain("1767323045,,ui,say,==> outscale-chroot.debian: Creating the volume...");
    expect(lines).toContain(
      "1767323045,,ui,message,    outscale-chroot.debian: vol-12345678\\n    outscale-chroot.debian: is its id",
    );
    expect(lines).toContain("1767323045,,ui,error,==> outscale-chroot.debian: It failed%!(PACKER_COMMA) once");
    expect(lines).toContain("1767323045,,error-count,1");
    expect(lines).toContain("1767323045,outscale-chroot.debian,step,StepSnapshot,63000,done");
    expect(lines).toContain("1767323045,outscale-chroot.debian,provisioner,shell (web.pkr.hcl:7),350,failed");
    expect(lines).toContain(
      "1767323045,outscale-chroot.debian,error,Error: Too late%!(PACKER_COMMA) alas\\n  code      E_TIMEOUT",
    );
    const says = lines.map((line) => line.split(",").slice(2).join(","));
    expect(says).toContain("ui,error,\\n==> Some builds didn't complete successfully and had errors:");
    expect(says).toContain("ui,say,\\n==> Builds finished. The artifacts of successful builds are:");
    expect(lines.filter((line) => line.includes(",artifact"))).toEqual([
      "1767323045,outscale-chroot.debian,artifact-count,1",
      "1767323045,outscale-chroot.debian,artifact,0,builder-id,oapi.outscale.chroot",
      "1767323045,outscale-chroot.debian,artifact,0,id,eu-west-2:ami-12345678",
      "1767323045,outscale-chroot.debian,artifact,0,string,OMIs were created:\\neu-west-2: ami-12345678\\n",
      "1767323045,outscale-chroot.debian,artifact,0,files-count,0",
      "1767323045,outscale-chroot.debian,artifact,0,end",
    ]);
  });
});

describe("artifacts that post-processors have made", () => {
  const packed = {
    builderId: "packer.post-processor.compress",
    id: "",
    files: ["out.tar.gz"],
    string: () => "compressed artifacts in: out.tar.gz",
  };
  it.each([
    [artifact, ["OMIs were created", "compressed artifacts"], ["0", "1"]],
    [undefined, ["compressed artifacts"], ["0"]],
  ])("are told of beside an OMI, and without one", (omi, texts, numbers) => {
    const results = [{ ...result, artifact: omi, made: [packed] }];
    const { io, report } = human();
    report.finished(results, 1);
    for (const text of texts) expect(io.written.stdout).toContain(text);
    new MachineReport(io.stdout, clock).finished(results, 1);
    const ids = io.written.stdout.matchAll(/artifact,(\d),id,/g);
    expect([...ids].map(([, number]) => number)).toEqual(numbers);
  });
});

describe("JsonReport", () => {
  it("writes one object a line", () => {
    const io = recordingIo();
    const report = new JsonReport(io.stdout, clock);
    tell(report);
    uiOf(report, name, "manifest").message("Written");
    report.event(name, { type: "build-started", runId: "0a1b2c3d4e5f", at: 1 });
    report.ended(failure);
    report.finished([failure], 5);
    const at = clock.now();
    const lines = io.written.stdout
      .trimEnd()
      .split("\n")
      .map((line): unknown => JSON.parse(line));
    expect(lines[0]).toEqual({ type: "line", at, build: name, kind: "say", text: "Creating the volume..." });
    expect(lines.slice(4)).toEqual([
      { type: "line", at, build: name, part: "manifest", kind: "message", text: "Written" },
      { type: "build-started", runId: "0a1b2c3d4e5f", at: 1, build: name },
      {
        type: "result",
        at,
        build: name,
        elapsedMs: 65_250,
        artifactId: null,
        isReused: false,
        files: [],
        error: {
          code: "E_TIMEOUT",
          exitCode: 11,
          message: "Too late, alas",
          hint: null,
          step: null,
          resourceId: null,
        },
      },
      { type: "finished", at, elapsedMs: 5, failed: 1 },
    ]);
  });

  it.each(["line", "true", "build", "text"])("keeps its structure when a secret is %j", (secret) => {
    secrets.add(secret);
    const io = recordingIo();
    new JsonReport(io.stdout, clock).line("say", name, `a ${secret} here`);
    const { type, kind, text } = JSON.parse(io.written.stdout);
    expect({ type, kind, text }).toEqual({ type: "line", kind: "say", text: "a <sensitive> here" });
  });

  it("stays JSON when a secret has its syntax", () => {
    secrets.add('quo"ted-secret');
    const io = recordingIo();
    const report = new JsonReport({ ...io.stdout, write: (text) => io.stdout.writeExact(text) }, clock);
    report.line("say", name, 'a quo"ted-secret here');
    expect(JSON.parse(io.written.stdout)).toMatchObject({ text: "a <sensitive> here" });
  });
});
