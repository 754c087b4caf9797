import { describe, expect, it } from "vitest";
import { FakeClock } from "../../tests/support/outscale/fake-clock.ts";
import { CancelledError } from "../common/errors.ts";
import type { LogEntry } from "../common/log.ts";
import { ApiAuthError, ApiError, WaitError, WaitTimeoutError, WentBackError } from "./errors.ts";
import type { Image, LinkedVolume, Snapshot, Volume } from "./oapi.ts";
import type { ReadApi } from "./pollers.ts";
import { UNSEEN_MS } from "./unseen.ts";
import { createWaiters, type WaitersOptions } from "./waiters.ts";

const common = { AccountId: "123456789012", CreationDate: "2026-01-01T12:00:00.000Z", Tags: [] };

function volume(VolumeId: string, State: string, links: readonly string[] = []): Volume {
  const LinkedVolumes = links.map(
    (State): LinkedVolume => ({ DeviceName: "/dev/xvdf", State, VmId: "i-12345678", VolumeId }),
  );
  return { ...common, VolumeId, State, LinkedVolumes, Size: 10, SubregionName: "eu-west-2a", VolumeType: "gp2" };
}

function snapshot(SnapshotId: string, State: string, Progress: number): Snapshot {
  return { ...common, SnapshotId, State, Progress, VolumeSize: 10 };
}

function image(ImageId: string, State: string, StateMessage?: string): Image {
  return { ...common, ImageId, State, ImageName: "base", BlockDeviceMappings: [], StateComment: { StateMessage } };
}

/** Answers each read with the next of these, and with the last one for ever. What is an error is thrown. */
type Script<Resource> = readonly (readonly Resource[] | Error)[];

type ExportTask = { readonly TaskId: string; readonly State: string; readonly Comment?: string };

interface Scripts {
  readonly volumes?: Script<Volume>;
  readonly snapshots?: Script<Snapshot>;
  readonly images?: Script<Image>;
  readonly exports?: Script<ExportTask>;
}

const polling = { min: 250, max: 5_000 };
const minutes = (count: number) => count * 60_000;
const timeouts = {
  lock: minutes(30),
  volume: minutes(10),
  link: minutes(5),
  snapshot: minutes(360),
  image: minutes(40),
  copy: minutes(120),
};

/** Waiters over an API that answers by script; `asked` has the ids of every request. */
function createWait(scripts: Scripts, options: Partial<WaitersOptions> = {}) {
  const clock = new FakeClock();
  const asked: (readonly string[] | undefined)[] = [];
  const log: LogEntry[] = [];
  const next = <Resource>(script: Script<Resource> = [[]], ids: readonly string[] | undefined): Resource[] => {
    const answer = script[Math.min(asked.push(ids), script.length) - 1] ?? [];
    if (answer instanceof Error) throw answer;
    return [...answer];
  };
  const api: ReadApi = {
    readVolumes: async ({ Filters }) => ({ Volumes: next(scripts.volumes, Filters?.VolumeIds) }),
    readSnapshots: async ({ Filters }) => ({ Snapshots: next(scripts.snapshots, Filters?.SnapshotIds) }),
    readImages: async ({ Filters }) => ({ Images: next(scripts.images, Filters?.ImageIds) }),
    readImageExportTasks: async ({ Filters }) => ({ ImageExportTasks: next(scripts.exports, Filters?.TaskIds) }),
    readSnapshotExportTasks: async ({ Filters }) => ({ SnapshotExportTasks: next(scripts.exports, Filters?.TaskIds) }),
  };
  const waiters = createWaiters({
    api,
    clock,
    polling,
    timeouts,
    random: () => 0.5,
    log: { write: (entry) => log.push(entry) },
    ...options,
  });
  return { api, clock, asked, log, waiters };
}

const failure = (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => error);

describe("Waiters.volume()", () => {
  it("waits through every state that is no end, and tells each", async () => {
    const states = ["creating", "reticulating", "available"];
    const { clock, waiters, asked } = createWait({ volumes: states.map((state) => [volume("vol-1", state)]) });
    const seen: unknown[] = [];
    const onProgress = (progress: unknown) => seen.push(progress);
    expect(await clock.run(waiters.volume("vol-1", { until: "available", onProgress }))).toMatchObject({ Size: 10 });
    expect(seen).toEqual([
      { state: "creating", percent: undefined, elapsedMs: 0, timeoutMs: 600_000 },
      { state: "reticulating", percent: undefined, elapsedMs: 250, timeoutMs: 600_000 },
      { state: "available", percent: undefined, elapsedMs: 500, timeoutMs: 600_000 },
    ]);
    expect(asked).toEqual([["vol-1"], ["vol-1"], ["vol-1"]]);
  });

  it.each(["error", "deleting"])("fails at once on %s", async (state) => {
    const { clock, waiters, asked } = createWait({ volumes: [[volume("vol-1", state)]] });
    const error = await clock.run(failure(waiters.volume("vol-1", { until: "available" })));
    expect(error).toBeInstanceOf(WaitError);
    expect(error).toMatchObject({ resourceId: "vol-1", lastState: state });
    expect(asked).toHaveLength(1);
  });

  it("lets a new volume stay unseen for as long as it may, and not longer", async () => {
    const late = createWait({ volumes: [[], [], [volume("vol-1", "available")]] });
    await late.clock.run(late.waiters.volume("vol-1", { until: "available" }));
    const never = createWait({});
    const startedAt = never.clock.now();
    const error = await never.clock.run(failure(never.waiters.volume("vol-1", { until: "available" })));
    expect(error).toMatchObject({ lastState: "absent", message: expect.stringContaining("it does not exist") });
    const waitedMs = never.clock.now() - startedAt;
    expect(waitedMs).toBeGreaterThanOrEqual(UNSEEN_MS);
    expect(waitedMs).toBeLessThan(UNSEEN_MS + 10_000);
  });

  it("lets one that was seen be missing from some answers, and not for long", async () => {
    const gone = createWait({ volumes: [[volume("vol-1", "creating")], [], [volume("vol-1", "creating")], []] });
    expect(gone.waiters.hasSeen("vol-1")).toBe(false);
    const startedAt = gone.clock.now();
    const error = await gone.clock.run(failure(gone.waiters.volume("vol-1", { until: "available" })));
    expect(error).toMatchObject({ lastState: "absent" });
    expect(gone.clock.now() - startedAt).toBeLessThan(20_000);
    expect(gone.waiters.hasSeen("vol-1")).toBe(true);
  });

  it("takes absence, however it is told, for deletion", async () => {
    const notFound = new ApiError(
      { action: "ReadVolumes", httpStatus: 400, apiCode: "5064", ambiguous: false },
      "no such volume",
    );
    for (const gone of [[], notFound]) {
      const { clock, waiters } = createWait({ volumes: [[volume("vol-1", "deleting")], gone] });
      expect(await clock.run(waiters.volume("vol-1", { until: "deleted" }))).toBeUndefined();
    }
  });
});

describe("Waiters.link()", () => {
  it("waits until every link is attached", async () => {
    const answers = [
      volume("vol-1", "available"),
      volume("vol-1", "in-use"),
      volume("vol-1", "in-use", ["attaching"]),
      volume("vol-1", "in-use", ["attached"]),
    ];
    const { clock, waiters, asked } = createWait({ volumes: answers.map((answer) => [answer]) });
    const linked = await clock.run(waiters.link("vol-1", { until: "linked" }));
    expect(linked.LinkedVolumes).toMatchObject([{ State: "attached" }]);
    expect(asked).toHaveLength(4);
  });

  it("waits until no link is left", async () => {
    const answers = [
      volume("vol-1", "in-use", ["detaching"]),
      volume("vol-1", "available", ["detaching"]),
      volume("vol-1", "available"),
    ];
    const { clock, waiters, asked } = createWait({ volumes: answers.map((answer) => [answer]) });
    await clock.run(waiters.link("vol-1", { until: "unlinked" }));
    expect(asked).toHaveLength(3);
  });
});

describe("Waiters.snapshot()", () => {
  it("tells the percentage, and outlives trouble of the service", async () => {
    const trouble = [
      new ApiError({ action: "ReadSnapshots", httpStatus: 429, apiCode: "24", ambiguous: false }, "busy"),
      new ApiError({ action: "ReadSnapshots", httpStatus: 500, ambiguous: false }, "trouble"),
      new ApiError({ action: "ReadSnapshots", ambiguous: false }, "no answer"),
    ];
    const snapshots = [[snapshot("snap-1", "pending", 40)], ...trouble, [snapshot("snap-1", "completed", 100)]];
    const { clock, waiters, log } = createWait({ snapshots });
    const percents: unknown[] = [];
    const onProgress = ({ percent }: { percent: unknown }) => percents.push(percent);
    await clock.run(waiters.snapshot("snap-1", { until: "completed", onProgress }));
    expect(percents).toEqual([40, 100]);
    expect(log).toContainEqual({ kind: "note", message: "Still waiting for snapshot snap-1: trouble" });
  });

  it.each([
    new ApiAuthError({ action: "ReadSnapshots", httpStatus: 401, apiCode: "1", ambiguous: false }, "refused"),
    new ApiError({ action: "ReadSnapshots", httpStatus: 400, apiCode: "4104", ambiguous: false }, "no such id form"),
    new TypeError("a bug"),
  ])("ends on what does not pass: %s", async (error) => {
    const { clock, waiters } = createWait({ snapshots: [error] });
    expect(await clock.run(failure(waiters.snapshot("snap-1", { until: "completed" })))).toBe(error);
  });

  it("ends at the deadline, with a last look at that very moment", async () => {
    const { clock, waiters, asked } = createWait(
      { snapshots: [[snapshot("snap-1", "in-queue", 0)]] },
      { timeouts: { ...timeouts, snapshot: 60_000 } },
    );
    const startedAt = clock.now();
    const error = await clock.run(failure(waiters.snapshot("snap-1", { until: "completed" })));
    expect(error).toBeInstanceOf(WaitTimeoutError);
    expect(error).toMatchObject({
      resourceId: "snap-1",
      lastState: "in-queue",
      message: 'The snapshot "snap-1" did not become completed within 1m0s: its state is "in-queue"',
    });
    expect(clock.now() - startedAt).toBe(60_000);
    expect(asked.length).toBeLessThan(45);
  });

  it("says at the deadline what stood in the way", async () => {
    const trouble = new ApiError({ action: "ReadSnapshots", httpStatus: 500, ambiguous: false }, "trouble");
    const { clock, waiters } = createWait({ snapshots: [trouble] }, { timeouts: { ...timeouts, snapshot: 60_000 } });
    const error = await clock.run(failure(waiters.snapshot("snap-1", { until: "completed" })));
    expect(error).toMatchObject({ lastState: "unknown", cause: trouble });
  });

  it("stops at once when the signal fires, between two reads", async () => {
    const { clock, waiters } = createWait({ snapshots: [[snapshot("snap-1", "pending", 0)]] });
    const controller = new AbortController();
    const onProgress = () => queueMicrotask(() => controller.abort());
    const startedAt = clock.now();
    const error = await clock.run(
      failure(waiters.snapshot("snap-1", { until: "completed", signal: controller.signal, onProgress })),
    );
    expect(error).toBeInstanceOf(CancelledError);
    expect(clock.now()).toBe(startedAt);
  });
});

describe("Waiters.image()", () => {
  it("tells why an image failed", async () => {
    const { clock, waiters } = createWait({ images: [[image("ami-1", "failed", "the snapshot is empty")]] });
    const error = await clock.run(failure(waiters.image("ami-1", { until: "available" })));
    expect(error).toMatchObject({
      message: 'The image "ami-1" did not become available: its state is "failed" (the snapshot is empty)',
    });
  });

  it("waits for the task of an export, and tells why one failed", async () => {
    const task = (State: string, Comment?: string) => ({ TaskId: "t", State, ...(Comment && { Comment }) });
    const wait = createWait({ exports: [[task("pending/queued")], [task("active")], [task("completed")]] });
    await wait.clock.run(wait.waiters.snapshotExport("t", { until: "completed" }));
    expect(wait.asked).toHaveLength(3);
    const failing = createWait({ exports: [[task("failed", "no such bucket")]] });
    expect(await failing.clock.run(failure(failing.waiters.imageExport("t", { until: "completed" })))).toMatchObject({
      message: 'The image export "t" did not become completed: its state is "failed" (no such bucket)',
    });
  });

  it("waits until an import shows its snapshots", async () => {
    const pending = { ...image("i", "pending"), BlockDeviceMappings: [] };
    const mapped = { ...pending, BlockDeviceMappings: [{ DeviceName: "/dev/sda1", Bsu: { SnapshotId: "s" } }] };
    const wait = createWait({ images: [[pending], [pending], [mapped]] });
    expect(await wait.clock.run(wait.waiters.image("i", { until: "mapped" }))).toEqual(mapped);
    const failing = createWait({ images: [[pending], [image("i", "failed")]] });
    expect(await failing.clock.run(failure(failing.waiters.image("i", { until: "mapped" })))).toBeInstanceOf(WaitError);
  });

  it("takes another deadline for a copy", async () => {
    const { clock, waiters } = createWait({ images: [[image("ami-1", "pending")]] });
    const startedAt = clock.now();
    await clock.run(failure(waiters.image("ami-1", { until: "available", timeoutMs: waiters.timeouts.copy })));
    expect(clock.now() - startedAt).toBe(2 * 3_600_000);
  });
});

describe("createWaiters()", () => {
  it("shares the requests of all waits over one API", async () => {
    const both = [volume("vol-1", "available"), volume("vol-2", "available")];
    const pending = [volume("vol-1", "creating"), volume("vol-2", "creating")];
    const { api, clock, waiters, asked } = createWait({ volumes: [pending, pending, pending, both] });
    const others = createWaiters({ api, clock, random: () => 0.5, timeouts, polling: { min: 4000, max: 4000 } });
    const waits = [waiters.volume("vol-1", { until: "available" }), others.volume("vol-2", { until: "available" })];
    await clock.run(Promise.all(waits));
    expect(asked).toEqual(Array(4).fill(["vol-1", "vol-2"]));
  });

  it("does not let a patient wait hold up an eager one", async () => {
    const both = [volume("vol-1", "creating"), volume("vol-2", "available")];
    const { api, clock, waiters } = createWait({ volumes: [both] });
    const patient = createWaiters({ api, clock, timeouts, polling: { min: 60_000, max: 60_000 } });
    const controller = new AbortController();
    const startedAt = clock.now();
    const eager = (async () => {
      await clock.sleep(1000);
      await waiters.volume("vol-2", { until: "available" });
      controller.abort();
      return clock.now() - startedAt;
    })();
    const cancelled = failure(patient.volume("vol-1", { until: "available", signal: controller.signal }));
    expect(await clock.run(Promise.all([eager, cancelled]))).toMatchObject([1000, {}]);
  });

  it("asks for each alone where one that is not there fails the request for all", async () => {
    const missing = new ApiError(
      { action: "ReadVolumes", httpStatus: 400, apiCode: "5064", ambiguous: false },
      "no such volume",
    );
    const { clock, waiters, asked } = createWait({ volumes: [missing, missing, [volume("vol-2", "available")]] });
    const gone = waiters.volume("vol-1", { until: "deleted" });
    const there = waiters.volume("vol-2", { until: "available" });
    expect(await clock.run(Promise.all([gone, there]))).toMatchObject([undefined, { VolumeId: "vol-2" }]);
    expect(asked).toEqual([["vol-1", "vol-2"], ["vol-1"], ["vol-2"]]);
  });

  it("keeps the other waits going when one is cancelled", async () => {
    const { clock, waiters, asked } = createWait({
      volumes: [[volume("vol-1", "creating"), volume("vol-2", "creating")], [volume("vol-2", "available")]],
    });
    const controller = new AbortController();
    const onProgress = () => controller.abort();
    const cancelled = failure(waiters.volume("vol-1", { until: "available", signal: controller.signal, onProgress }));
    const going = waiters.volume("vol-2", { until: "available" });
    expect(await clock.run(Promise.all([cancelled, going]))).toMatchObject([{}, { VolumeId: "vol-2" }]);
    expect(await cancelled).toBeInstanceOf(CancelledError);
    expect(asked).toEqual([["vol-1", "vol-2"], ["vol-2"]]);
  });

  it("aborts a request that nobody waits for any more", async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    let wasAborted = false;
    const readVolumes: ReadApi["readVolumes"] = (_request, { signal } = {}) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener("abort", () => {
          wasAborted = true;
          reject(new CancelledError());
        });
        queueMicrotask(() => controller.abort());
      });
    const { api } = createWait({});
    const waiters = createWaiters({ api: { ...api, readVolumes }, clock, polling, timeouts });
    const error = await clock.run(failure(waiters.volume("vol-1", { until: "available", signal: controller.signal })));
    expect(error).toBeInstanceOf(CancelledError);
    expect(wasAborted).toBe(true);
  });

  it("asks less and less often, and never less than the longest pause", async () => {
    const { clock, waiters, asked } = createWait({ images: [[image("ami-1", "pending")]] });
    await clock.run(failure(waiters.image("ami-1", { until: "available" })));
    const pauses = clock.sleeps.filter((ms) => ms > 0);
    expect(pauses[0]).toBe(250);
    expect(Math.max(...pauses)).toBe(5000);
    expect(asked.length).toBeLessThan(530);
  });
});

describe("a wait for what was asked of a resource that exists", () => {
  const gone: Script<Volume> = [[]];
  const cases: readonly [string, Script<Volume>, (wait: ReturnType<typeof createWait>) => Promise<unknown>][] = [
    [
      "an unlinking",
      [[volume("v", "in-use", ["detaching"])], [volume("v", "in-use", ["attached"])]],
      ({ waiters }) => waiters.link("v", { until: "unlinked" }),
    ],
    [
      "a linking",
      [[volume("v", "in-use", ["attaching"])], [volume("v", "available")]],
      ({ waiters }) => waiters.link("v", { until: "linked" }),
    ],
    [
      "a deletion",
      [[volume("v", "deleting")], [volume("v", "available")]],
      ({ waiters }) => waiters.volume("v", { until: "deleted" }),
    ],
    [
      "a deletion that ends in an error",
      [[volume("v", "deleting")], [volume("v", "error")]],
      ({ waiters }) => waiters.volume("v", { until: "deleted" }),
    ],
  ];

  it.each(cases)("says at once that %s was given up", async (_, volumes, start) => {
    const wait = createWait({ volumes });
    expect(await wait.clock.run(failure(start(wait)))).toBeInstanceOf(WentBackError);
    expect(wait.asked).toHaveLength(2);
  });

  it("says in words what did not come about", async () => {
    const told: string[] = [];
    for (const [, volumes, start] of cases) {
      const wait = createWait({ volumes });
      told.push(String(await wait.clock.run(failure(start(wait)))).replace(/^.*"v" (.*): the service.*$/, "$1"));
    }
    expect(told).toEqual(["was not unlinked", "was not linked", "did not vanish", "did not vanish"]);
  });

  it.each(cases.map(([name, volumes, start]) => [name, volumes.slice(1), start] as const))(
    "gives %s that is not to be seen yet 15 seconds to begin",
    async (_, volumes, start) => {
      const wait = createWait({ volumes });
      const startedAt = wait.clock.now();
      expect(await wait.clock.run(failure(start(wait)))).toBeInstanceOf(WentBackError);
      expect(wait.clock.now() - startedAt).toBeGreaterThanOrEqual(15_000);
    },
  );

  it("goes on for as long as the service is at it", async () => {
    const slow = Array.from({ length: 40 }, () => [volume("v", "deleting")]);
    const wait = createWait({ volumes: [[volume("v", "available")], ...slow, ...gone] });
    expect(await wait.clock.run(wait.waiters.volume("v", { until: "deleted" }))).toBeUndefined();
  });
});
