import { EventEmitter, once } from "node:events";
import { describe, expect, it } from "vitest";
import { plainJob } from "../../../tests/support/fleet/own-queue.ts";
import { CancelledError } from "../../common/errors.ts";
import { Reach } from "../queue/reach.ts";
import { RefusalError } from "../queue/refusal-error.ts";
import { PackedFleetBake } from "./packed-fleet-bake.ts";

const refusal = new RefusalError("OOM command not allowed");

/** Three builds, and what the queue answers to each, and to the question for workers. */
function bakeOf(answers: readonly (RefusalError | undefined)[], workers: () => Promise<readonly unknown[]>) {
  const [said, left]: [string[], (RefusalError | undefined)[]] = [[], [...answers]];
  const submit = async () => {
    const answer = left.shift();
    if (answer !== undefined) throw answer;
  };
  const queue = { name: "1.eu", submit, putContents: async () => undefined, readWorkers: workers };
  const bundle = { contents: new Map(), objects: new Map() };
  const jobs = ["web", "db", "cache"].map((build, index) => plainJob({ build, id: `aa0${index}` }));
  const bake = new PackedFleetBake({ env: {} } as never, { queue, bundle, jobs } as never);
  return { submitted: bake.submit((message) => said.push(message)), said };
}

describe("PackedFleetBake.submit()", () => {
  const all = new Map([
    ["web", "aa00"],
    ["db", "aa01"],
    ["cache", "aa02"],
  ]);

  it("gives the ids, and says so when no worker is there", async () => {
    const { submitted, said } = bakeOf([], async () => []);
    expect(await submitted).toEqual(all);
    expect(said).toEqual(["No worker is there for 1.eu: what is submitted waits for one"]);
  });

  it("gives the ids of what is submitted, though the queue refuses to say whether workers are there", async () => {
    const { submitted, said } = bakeOf([], () => Promise.reject(refusal));
    expect(await submitted).toEqual(all);
    expect(said).toEqual([]);
  });

  it("tells the ids of what was submitted before a build is refused", async () => {
    const { submitted } = bakeOf([undefined, undefined, refusal], async () => []);
    const failure = await submitted.catch((error: unknown) => error);
    expect(failure).toMatchObject({
      ...{ code: "E_FLEET", cause: refusal, hint: expect.stringMatching(/maxmemory.*fleet cancel/) },
      message: "Builds are submitted, but not cache and what comes after it: web is aa00, db is aa01",
    });
  });

  it("passes on why the first one is refused", async () => {
    await expect(bakeOf([refusal], async () => []).submitted).rejects.toBe(refusal);
  });
});

it("PackedFleetBake.run() ends at the first signal while the queue is lost, as nothing was submitted", async () => {
  const connection = new EventEmitter();
  const reach = new Reach(connection as never);
  let onAsked: () => void = () => undefined;
  const isAsked = new Promise<void>((resolve) => {
    onAsked = resolve;
  });
  const putContents = () => {
    onAsked();
    return new Promise<never>(() => undefined);
  };
  const bundle = { contents: new Map(), objects: new Map() };
  const parts = { queue: { putContents }, reach, bundle, builds: [], jobs: [] };
  const bake = new PackedFleetBake({ env: {} } as never, parts as never);
  const [stop, hurry] = [new AbortController(), new AbortController()];
  const running = bake.run({ report: {} as never, signal: stop.signal, hurry: hurry.signal });
  await isAsked;
  connection.emit("close");
  const reason = new CancelledError("The build was stopped by SIGINT");
  stop.abort(reason);
  await expect(running).rejects.toBe(reason);
});

it("PackedFleetBake.run() tells who sends files of the signal, and ends when that has ended", async () => {
  const [stop, hurry] = [new AbortController(), new AbortController()];
  const reason = new CancelledError("The build was stopped by SIGINT");
  const putContents = async (_: unknown, { signal }: { readonly signal: AbortSignal }) => {
    const stopped = once(signal, "abort");
    stop.abort(reason);
    await stopped;
    throw signal.reason;
  };
  const bundle = { contents: new Map(), objects: new Map() };
  const parts = { queue: { putContents }, reach: new Reach(new EventEmitter() as never), bundle, builds: [], jobs: [] };
  const bake = new PackedFleetBake({ env: {} } as never, parts as never);
  const running = bake.run({ report: {} as never, signal: stop.signal, hurry: hurry.signal });
  await expect(running).rejects.toBe(reason);
});
