import type { BakeEvent } from "../../../src/bake/event-report.ts";
import type { JobMessage, SentResult, WorkerMessage } from "../../../src/fleet/queue/messages.ts";
import type { Schedule } from "../../../src/fleet/schedule/schedule.ts";
import { HOSTILE } from "../report/sample-record.ts";
import { plainJob } from "./own-queue.ts";

// What whoever has the key could send: markup in every text.

export function hostileJob(id: string): JobMessage {
  const { template } = plainJob();
  return plainJob({
    ...{ id, build: HOSTILE, submitter: HOSTILE, submittedAt: Date.now(), runUuid: HOSTILE },
    standing: { group: HOSTILE, priority: "normal" },
    template: { ...template, path: HOSTILE, workingFolder: HOSTILE, variables: { [HOSTILE]: HOSTILE } },
  });
}

export function hostileSchedule(): Schedule {
  const { id: _id, submittedAt: _at, ...job } = hostileJob("");
  return {
    ...{ name: HOSTILE, generation: 1, cron: HOSTILE, zone: HOSTILE, from: 0, until: 1e300, submitter: HOSTILE },
    jobs: [job],
  };
}

export function hostileWorker(): WorkerMessage {
  return {
    ...{ id: HOSTILE, host: HOSTILE, version: HOSTILE, accountId: HOSTILE, region: HOSTILE, vmId: HOSTILE },
    ...{ label: HOSTILE, slots: 2, isDraining: false, startedAt: 1e300, jobs: ["aa01"] },
  };
}

export function hostileEvents(now: number): readonly BakeEvent[] {
  const build = HOSTILE;
  const step = HOSTILE as "StepVmInfo";
  return [
    { type: "build-started", build, runId: HOSTILE, at: now - 9_000 },
    { type: "step-started", build, step, number: 1, count: 2, at: now - 8_000 },
    { type: "provisioner-started", build, provisioner: HOSTILE, number: 1, count: 1, at: now - 7_000 },
    { type: "progress", build, step, subject: HOSTILE, state: HOSTILE, percent: 40, elapsedMs: 1 },
    { type: "line", build, at: now, part: undefined, kind: "message", text: HOSTILE },
  ];
}

export function hostileResult(outcome: "done" | "failed"): SentResult {
  const product = { imageId: HOSTILE, imageName: HOSTILE, snapshotIds: [HOSTILE] };
  return {
    ...{ outcome, runId: HOSTILE, worker: HOSTILE, endedAt: Date.now() },
    artifact:
      outcome === "done" ? ({ region: HOSTILE, product, data: {} } as unknown as SentResult["artifact"]) : undefined,
    error:
      outcome === "done" ? undefined : { code: HOSTILE, exitCode: 1, message: HOSTILE, hint: HOSTILE, cleanup: [] },
    ...{ evidence: undefined, provenance: undefined, record: undefined },
  };
}
