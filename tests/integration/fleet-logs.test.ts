import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { logs } from "../../src/cli/commands/fleet/logs.ts";
import type { SentResult } from "../../src/fleet/queue/messages.ts";
import { OutputWriter } from "../../src/fleet/queue/output-writer.ts";
import { showLogs } from "../../src/fleet/watch/show-logs.ts";
import { type OwnQueue, openOwnQueue, plainJob } from "../support/fleet/own-queue.ts";
import { requirePrograms } from "../support/suite/requirements.ts";
import { type RecordingIo, recordingIo } from "../support/terminal/recording-io.ts";
import { RecordingUi } from "../support/terminal/recording-ui.ts";

const describe = requirePrograms("redis-server");

let own: OwnQueue;
beforeAll(async () => {
  own = await openOwnQueue();
});
afterAll(() => own[Symbol.asyncDispose]());

const result = (outcome: SentResult["outcome"]): SentResult => ({
  ...{ outcome, worker: "w-1", endedAt: 0, runId: undefined, artifact: undefined, error: undefined },
  ...{ evidence: undefined, provenance: undefined, record: undefined },
});

/** Each look comes a minute after the one before. */
function hastyTime() {
  let time = 0;
  return { now: () => (time += 60_000) };
}

async function submitted(id: string) {
  const job = plainJob({ id });
  await own.queue.submit(job);
  return { queue: own.queue, job };
}

async function follow(found: Awaited<ReturnType<typeof submitted>>, signal = new AbortController().signal) {
  const ui = new RecordingUi();
  const ended = await showLogs(found, { ui }, { follow: true, signal, clock: hastyTime() });
  return { ended, warnings: ui.of("warn") };
}

describe("showLogs() of a build that is followed", () => {
  it("ends with the end that it says", async () => {
    const found = await submitted("aa");
    const following = follow(found);
    await own.queue.keepResult("aa", result("done"));
    await new OutputWriter(own.queue, { id: "aa", attempt: 1 }, expect.unreachable).end({ type: "end" });
    expect(await following).toEqual({ ended: result("done"), warnings: [] });
  });

  it("ends with its result when the output is gone, and says so", async () => {
    const found = await submitted("bb");
    await own.queue.keepResult("bb", result("cancelled"));
    const { ended, warnings } = await follow(found);
    expect(ended).toEqual(result("cancelled"));
    expect(warnings).toEqual(["Output is missing here: the queue does not have the end of it"]);
  });

  it("ends when a worker has refused it, with the reason", async () => {
    const found = await submitted("cc");
    const job = await own.queue.jobs.getJob("cc");
    await own.queue.redis.set(own.queue.lockOf("cc"), "token");
    await own.queue.redis.zrem(own.queue.jobs.toKey("prioritized"), "cc");
    await own.queue.redis.lpush(own.queue.jobs.toKey("active"), "cc");
    await job?.moveToFailed(new Error("refused: it is of another account"), "token", false);
    await expect(follow(found)).rejects.toMatchObject({
      message: "The worker has ended build cc without a result: refused: it is of another account",
      exitCode: 16,
    });
  });

  it("ends when the build was taken back, or is forgotten", async () => {
    const found = await submitted("dd");
    const following = follow(found);
    await (await own.queue.jobs.getJob("dd"))?.remove();
    await expect(following).rejects.toMatchObject({ message: "The queue has lost build dd", exitCode: 16 });
  });

  it("ends when it has said its end, and what became of it is forgotten", async () => {
    const found = await submitted("ee");
    await new OutputWriter(own.queue, { id: "ee", attempt: 1 }, expect.unreachable).end({ type: "end" });
    await expect(follow(found)).rejects.toMatchObject({
      exitCode: 16,
      message: expect.stringContaining("has lost what"),
    });
  });

  it("goes on while the build waits, until somebody stops it", async () => {
    const found = await submitted("ff");
    const stop = new AbortController();
    const following = follow(found, stop.signal);
    const looks = vi.spyOn(own.queue.jobs, "getJobState");
    await expect.poll(() => looks.mock.calls.length).toBeGreaterThan(2);
    stop.abort();
    expect(await following).toEqual({ ended: undefined, warnings: [] });
  });
});

describe("fleet logs", () => {
  it.each<[string, (io: RecordingIo) => void]>([
    ["somebody stops it", (io) => io.send("SIGTERM")],
    ["nobody reads it any more", (io) => io.leave()],
  ])("-follow does not end as a build that went well when %s before its end", async (what, end) => {
    const id = what.startsWith("somebody") ? "gg" : "hh";
    await submitted(id);
    const io = recordingIo();
    const following = logs.run({ argv: ["-follow", ...own.flags, id], io, runPlugin: async () => 0 });
    let code: number | undefined;
    void following.then((ended) => {
      code = ended;
    });
    await expect
      .poll(() => {
        end(io);
        return code;
      })
      .toBe(130);
  });
});
