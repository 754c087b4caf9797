import { describe, expect, it } from "vitest";
import type { BuildEvent } from "../builder/events.ts";
import { secrets } from "../common/secrets.ts";
import { runRecordSchema } from "./run-record.ts";
import { RunRecorder } from "./run-recorder.ts";

const template = { path: "web.pkr.hcl", sha256: "00", files: [] };
const known = { build: "outscale-chroot.web", template, configuration: { omi_name: "web" } };
const end = { outcome: "done", warnings: [], product: null, error: null, image: null } as const;
const started: BuildEvent = { type: "build-started", runId: "0a1b2c3d4e5f", at: 1_000 };

function recorder() {
  let now = 1_000;
  const clock = { now: () => now, sleep: async () => undefined };
  return { recorder: new RunRecorder(known, clock), at: (ms: number) => (now = ms) };
}

const call = (action: string, at: number, more: object = {}): BuildEvent => ({
  type: "api-call",
  action,
  attempt: 1,
  at,
  elapsedMs: 10,
  status: 200,
  requestId: `request-${at}`,
  errorCode: undefined,
  ...more,
});

describe("RunRecorder", () => {
  it("makes a record of what the events tell, in times since the beginning", () => {
    const { recorder: one, at } = recorder();
    one.note(started);
    one.note({ type: "account", accountId: "123456789012", region: "eu-west-2", endpoint: "https://api" });
    one.note({ type: "provisioner-ended", provisioner: "shell (t:1)", at: 3_000, elapsedMs: 500, outcome: "failed" });
    const wait = { subject: "snapshot snap-1", goal: "become completed", at: 4_000, elapsedMs: 1_000 } as const;
    one.note({ type: "wait-ended", step: "StepSnapshot", ...wait, outcome: "done" });
    one.note({ type: "step-ended", step: "StepSnapshot", at: 4_100, elapsedMs: 1_200, outcome: "done" });
    at(5_000);
    one.line("say", "Creating the snapshot...");
    const record = one.end(end);
    expect(runRecordSchema.parse(record)).toEqual(record);
    expect(record).toMatchObject({
      runId: "0a1b2c3d4e5f",
      startedAt: "1970-01-01T00:00:01.000Z",
      elapsedMs: 4_000,
      account: { region: "eu-west-2" },
      phases: [
        { kind: "provisioner", step: "StepChrootProvision", startMs: 1_500, elapsedMs: 500, outcome: "failed" },
        { kind: "wait", name: "snapshot snap-1 to become completed", step: "StepSnapshot", startMs: 2_000 },
        { kind: "step", name: "StepSnapshot", step: null, startMs: 1_900 },
      ],
      lines: [{ atMs: 4_000, kind: "say", part: null, text: "Creating the snapshot..." }],
    });
  });

  it("takes the reads of a wait for one, and nothing else", () => {
    const { recorder: one } = recorder();
    one.note(started);
    for (const at of [1_100, 1_200, 1_300]) one.note(call("ReadVolumes", at));
    one.note(call("ReadVolumes", 1_400, { status: 503 }));
    one.note(call("DeleteVolume", 1_500));
    one.note(call("DeleteVolume", 1_600));
    expect(one.end(end)?.apiCalls).toMatchObject([
      { action: "ReadVolumes", count: 3, startMs: 90, elapsedMs: 30, requestId: "request-1300" },
      { action: "ReadVolumes", count: 1, status: 503 },
      { action: "DeleteVolume", count: 1 },
      { action: "DeleteVolume", count: 1 },
    ]);
  });

  it("keeps the last lines of any number, masked before they are cut", () => {
    secrets.add("SKRECORDERTEST");
    const { recorder: one } = recorder();
    one.note(started);
    for (let number = 0; number < 5_000; number++) one.line("message", `line ${number}`);
    one.line("message", `${"x".repeat(1_995)}SKRECORDERTEST`);
    const record = one.end(end);
    expect(record?.lines).toHaveLength(1_000);
    expect(record?.leftOut.lines).toBe(4_001);
    expect(record?.lines.at(-2)?.text).toBe("line 4999");
    expect(record?.lines.at(-1)?.text).toBe(`${"x".repeat(1_995)}<sens...`);
  });

  it("makes none of a build that was no run", () => {
    expect(recorder().recorder.end(end)).toBeUndefined();
  });
});
