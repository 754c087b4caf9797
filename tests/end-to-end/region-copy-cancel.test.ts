import { afterAll, beforeAll, expect, it } from "vitest";
import type { CopiedOmi } from "../../src/bake/omis/copy-omi.ts";
import { omi } from "../../src/cli/commands/omi.ts";
import { CancelledError, messageOf } from "../../src/common/errors.ts";
import {
  type CancelPoint,
  type CopyWay,
  pointsAtBucket,
  pointsOfCopies,
  sweepPoints,
} from "../support/bake/cancel-points.ts";
import { ASIA, CopyBench, EAST, HOME, nothingThere, BUCKET as THERE } from "../support/bake/copy-bench.ts";
import { hastyClock } from "../support/bake/hasty-clock.ts";
import { HeldCalls } from "../support/bake/held-calls.ts";
import { dataOn, rootOn } from "../support/bake/image-owner.ts";
import { all } from "../support/local-cloud/storage-of.ts";
import { requireRoot } from "../support/suite/requirements.ts";
import { sample } from "../support/suite/sample.ts";
import { SweepCount } from "../support/suite/sweep-count.ts";
import { recordingIo } from "../support/terminal/recording-io.ts";
import { RecordingUi } from "../support/terminal/recording-ui.ts";

const describe = requireRoot();
const BUCKET = "made-on-the-way";
const DISKS = 2;
const SAMPLE = 6;

describe("omi copy, cancelled", () => {
  const count = new SweepCount("cancels of omi copy");
  let bench: CopyBench;
  let doors: HeldCalls;
  let home: unknown;
  beforeAll(async () => {
    bench = await CopyBench.open("region-copy-cancel");
    doors = await HeldCalls.open(bench.bakery);
    const mappings = [rootOn(await bench.own.snapshot()), dataOn("/dev/xvdb", await bench.own.snapshot())];
    await bench.register({ ImageName: "web", BlockDeviceMappings: mappings });
    home = await bench.left(HOME);
  });
  afterAll(async () => {
    count.print();
    await doors[Symbol.asyncDispose]();
    await bench[Symbol.asyncDispose]();
  });

  async function copy({ regions, method, bucket }: CopyWay, stop?: AbortSignal, hurry?: AbortSignal) {
    const ui = new RecordingUi();
    const what = { bucket, createBucket: true, method, targets: regions.map((region) => ({ region })) };
    const outcome = await bench.copy({ ...what, ui, env: doors.env, clock: hastyClock(), signal: stop, hurry }).then(
      ({ copied }) => ({ copied, error: undefined, ui }),
      (error: unknown) => ({ copied: undefined, error, ui }),
    );
    await doors.idle();
    return outcome;
  }

  async function callsOf(way: CopyWay): Promise<readonly string[]> {
    doors.begin();
    const { copied, error } = await copy(way);
    expect(error).toBeUndefined();
    expect(copied?.copies.map(({ outcome }) => outcome)).toEqual(way.regions.map(() => "copied"));
    await bench.clear();
    return [...doors.calls];
  }

  /** A copy that was told of is whole; elsewhere there is nothing. */
  async function expectTold(copied: CopiedOmi | undefined, error: unknown): Promise<void> {
    if (copied === undefined) expect(error, messageOf(error)).toBeInstanceOf(CancelledError);
    // Nothing is thrown where something stands or is left: what it is would not be known.
    else expect(copied.isSomethingLeft || copied.copies.some(({ outcome }) => outcome === "copied")).toBe(true);
    for (const region of [EAST, ASIA]) {
      const told = copied?.copies.find((each) => each.region === region);
      if (told !== undefined && told.outcome !== "copied") expect(told.outcome).toBe("cancelled");
      const there = told?.outcome === "copied" ? { images: ["web"], snapshots: { length: DISKS } } : nothingThere;
      expect(await bench.left(region), region).toMatchObject(there);
    }
    expect(await bench.left(HOME)).toEqual(home);
    expect(await bench.storage(HOME).findBucket(BUCKET)).toBe("absent");
  }

  async function tryAt({ call, isHurried, ...way }: CancelPoint): Promise<void> {
    const [stop, hurry] = [new AbortController(), new AbortController()];
    const wish = new CancelledError("Stopped");
    doors.begin(call, { stop: () => stop.abort(wish), hurry: isHurried ? () => hurry.abort(wish) : undefined });
    const { copied, error, ui } = await copy(way, stop.signal, hurry.signal);
    await bench.idle();
    const isLeft = ui.of("warn").some((line) => line.startsWith("Something is left behind"));
    expect(await bench.journals()).toHaveLength(isLeft ? 1 : 0);
    // Who is not hurried has the time for all of it.
    if (!isHurried) expect(isLeft).toBe(false);
    await bench.cleanUp();
    await expectTold(copied, error);
  }

  /** One that a try has left is not what the next has. */
  async function removeBucket(): Promise<void> {
    const storage = bench.storage(HOME);
    if ((await storage.findBucket(BUCKET)) === "absent") return;
    for (const { key } of await all(storage.list(BUCKET))) await storage.delete({ bucket: BUCKET, key });
    await storage.deleteBucket(BUCKET);
  }

  async function clear(): Promise<void> {
    await bench.cleanUp();
    await bench.clear();
    await removeBucket();
  }

  const sweep = (points: readonly CancelPoint[]) => sweepPoints(points, { count, doors, tryAt, clear });

  it("leaves each copy whole or not at all, and says which, at whatever call", async () => {
    const points = await pointsOfCopies({ regions: [EAST, ASIA], bucket: BUCKET }, callsOf);
    await sweep(sample(points, SAMPLE));
  });

  it("leaves nothing in a bucket that is there, at whatever request to it", async () => {
    const points = await pointsAtBucket({ regions: [EAST], method: "image", bucket: THERE }, callsOf);
    const puts = points.filter(({ call, isHurried }) => call.startsWith("PUT object") && !isHurried);
    expect(puts).toHaveLength(1);
    await sweep(sample(points, SAMPLE / 2));
  });

  it("says what had failed by then, although nothing stands", async () => {
    bench.region(EAST).faults.add({ kind: "fail", transition: "image.pending" });
    bench.region(ASIA).faults.add({ kind: "stuck", transition: "image.pending" });
    const stop = new AbortController();
    // What has failed is taken back.
    doors.begin(`DeleteImage 1 in ${EAST}`, {
      stop: () => {
        stop.abort(new CancelledError("Stopped"));
        bench.region(ASIA).faults.clear();
      },
    });
    const { copied, error } = await copy({ regions: [EAST, ASIA], method: "image", bucket: BUCKET }, stop.signal);
    expect(error).toBeUndefined();
    expect(copied?.copies).toMatchObject([
      { region: EAST, outcome: "failed", error: { code: "E_WAIT" }, isSomethingLeft: false },
      { region: ASIA, outcome: "cancelled", isSomethingLeft: false },
    ]);
    for (const region of [EAST, ASIA]) expect(await bench.left(region), region).toEqual(nothingThere);
    expect(await bench.left(HOME)).toEqual(home);
    expect(await bench.journals()).toEqual([]);
  });

  it("says at the command line what stands and how to finish it, and ends as what was interrupted", async () => {
    const io = recordingIo({ env: doors.env });
    const run = async (...argv: readonly string[]): Promise<unknown> => {
      try {
        await omi.actions?.copy?.run({ argv: [...argv], io, runPlugin: async () => 0 });
        return undefined;
      } catch (error) {
        return error;
      }
    };
    // The region that is held at its import has none yet when the other has its own.
    const east = bench.region(EAST);
    const isCopied = () => io.written.stdout.includes(`is ready in ${ASIA}`);
    east.faults.add({ kind: "stuck", transition: "image.pending" });
    doors.begin();
    const running = run("-to", `${EAST},${ASIA}`, "-bucket", BUCKET, "-create-bucket", "-name", "web-2", "web");
    let isOver = false;
    const over = running.finally(() => {
      isOver = true;
    });
    while (!isCopied() && !isOver) await new Promise(setImmediate);
    io.send("SIGINT");
    east.faults.clear();
    const error = await over;
    const imageId = (await bench.image(HOME, "web"))?.ImageId;
    const finish = `outscale-chroot omi copy -to ${EAST} -bucket ${BUCKET} -name web-2 -create-bucket ${imageId}`;
    expect(error).toMatchObject({ code: "E_CANCELLED", exitCode: 130, hint: expect.stringContaining(finish) });
    expect(messageOf(error)).toContain(EAST);
    expect(io.written.stdout).toMatch(new RegExp(`${EAST} .*stopped by SIGINT`));
    expect(io.written.stdout).toMatch(new RegExp(`${ASIA} +ami-[0-9a-f]{8} `));
    expect(await bench.left(EAST)).toEqual(nothingThere);
    expect(await bench.left(HOME)).toEqual(home);
    expect(await bench.journals()).toEqual([]);
    const { stdout: before } = io.written;
    expect(await run(...finish.split(" ").slice(3))).toBeUndefined();
    expect(io.written.stdout.slice(before.length)).toContain(`is ready in ${EAST}`);
    expect((await bench.left(EAST)).images).toEqual(["web-2"]);
    await bench.clear();
  });
});
