import { describe, expect, it } from "vitest";
import { generatedData } from "../../tests/support/builder/generated-data.ts";
import { OmiArtifact } from "../builder/artifact.ts";
import type { RunInput } from "../builder/builder.ts";
import { systemClock } from "../common/clock.ts";
import { CancelledError, TimeoutError } from "../common/errors.ts";
import { noLog } from "../common/log.ts";
import type { BuildDefinition, PostProcessorDefinition } from "../definition/build-definition.ts";
import { type BakeEvent, EventReport } from "./event-report.ts";
import type { PreparedBuild } from "./prepare-builds.ts";
import { runBuilds } from "./run-builds.ts";

const location = { file: "t.pkr.hcl", line: 1, column: 1 };

function artifact(destroyed: string[] = []): OmiArtifact {
  const product = { imageId: "ami-12345678", name: "web", snapshotIds: ["snap-12345678"] };
  return new OmiArtifact({
    region: "eu-west-2",
    product,
    data: generatedData,
    destroy: async () => void destroyed.push(product.imageId),
  });
}

interface FakeBuild {
  readonly run: (input: RunInput) => Promise<OmiArtifact | undefined>;
  readonly postProcessors?: readonly PostProcessorDefinition[];
}

function prepared(name: string, { run, postProcessors = [] }: FakeBuild): PreparedBuild {
  const definition: BuildDefinition = {
    name,
    type: "outscale-chroot",
    sourceName: name,
    config: {},
    sensitiveOptions: new Set(),
    locate: () => undefined,
    provisioners: [],
    errorCleanupProvisioner: undefined,
    postProcessors: postProcessors.length > 0 ? [postProcessors] : [],
  };
  const identity = { buildName: name, buildType: "outscale-chroot" };
  // Only the warnings of what was prepared are read here.
  const ready = { warnings: [`${name} is odd`] } as unknown as PreparedBuild["prepared"];
  return { definition, identity, builder: { run }, prepared: ready };
}

async function runAll(builds: readonly PreparedBuild[], parallel = 0, signal = new AbortController().signal) {
  const events: BakeEvent[] = [];
  const clock = systemClock;
  const results = await runBuilds(builds, {
    report: new EventReport({ clock, onEvent: (event) => events.push(event), ask: undefined }),
    signal,
    hurry: new AbortController().signal,
    clock,
    log: noLog,
    parallel,
    debug: false,
    force: false,
    runUuid: "uuid",
  });
  return { results, events };
}

describe("runBuilds()", () => {
  it("collects what the events told", async () => {
    const run = async ({ onEvent }: RunInput) => {
      onEvent?.({ type: "build-started", runId: "0a1b2c3d4e5f", at: 1 });
      onEvent?.({ type: "step-ended", step: "StepVmInfo", at: 30, elapsedMs: 10, outcome: "done" });
      onEvent?.({ type: "warning", message: "slow" });
      return artifact();
    };
    const { results, events } = await runAll([prepared("a", { run })]);
    expect(results).toMatchObject([
      {
        name: "a",
        outcome: "done",
        runId: "0a1b2c3d4e5f",
        phases: [{ step: "StepVmInfo", startedAt: 20, elapsedMs: 10, outcome: "done" }],
        warnings: ["a is odd", "slow"],
        error: undefined,
      },
    ]);
    expect(results[0]?.artifact?.id).toBe("eu-west-2:ami-12345678");
    expect(events[0]).toMatchObject({ type: "line", build: "a", kind: "warn", text: "a is odd" });
  });

  it("keeps an artifact that stands although its build failed, and runs no post-processors on it", async () => {
    const run = async ({ onStanding }: RunInput) => {
      onStanding?.(artifact());
      throw new TimeoutError("a copy is missing");
    };
    const { results } = await runAll([prepared("a", { run })]);
    expect(results[0]?.outcome).toBe("failed");
    expect(results[0]?.error).toBeInstanceOf(TimeoutError);
    expect(results[0]?.artifact?.id).toBe("eu-west-2:ami-12345678");
  });

  it("lets the others go on when one fails", async () => {
    const failing = { run: async () => Promise.reject(new TimeoutError("late")) };
    const { results } = await runAll([prepared("a", failing), prepared("b", { run: async () => artifact() })]);
    expect(results.map(({ name, error }) => [name, error instanceof TimeoutError])).toEqual([
      ["a", true],
      ["b", false],
    ]);
  });

  it.each([
    [0, 4],
    [1, 1],
    [2, 2],
    [9, 4],
  ])("runs with -parallel-builds=%i at most %i of four at a time", async (parallel, expected) => {
    let running = 0;
    let most = 0;
    const run = async () => {
      running++;
      most = Math.max(most, running);
      await new Promise(setImmediate);
      running--;
      return artifact();
    };
    await runAll(
      ["a", "b", "c", "d"].map((name) => prepared(name, { run })),
      parallel,
    );
    expect(most).toBe(expected);
  });

  it("starts no further build once it was told to stop", async () => {
    const stop = new AbortController();
    let second = false;
    const builds = [
      prepared("a", {
        run: async ({ signal }) => {
          stop.abort(new CancelledError());
          signal?.throwIfAborted();
          return undefined;
        },
      }),
      prepared("b", {
        run: async () => {
          second = true;
          return undefined;
        },
      }),
    ];
    const { results } = await runAll(builds, 1, stop.signal);
    expect(second).toBe(false);
    expect(results.map(({ outcome }) => outcome)).toEqual(["cancelled", "cancelled"]);
    expect(results.map(({ error }) => error instanceof CancelledError)).toEqual([true, true]);
  });

  it("claims no artifact that a failed post-processor has cost", async () => {
    const destroyed: string[] = [];
    const unknown: PostProcessorDefinition = {
      type: "nothing-like-it",
      name: "nothing-like-it",
      location,
      keepInputArtifact: undefined,
      evaluate: () => ({}),
      show: () => ({}),
    };
    const made = { run: async () => artifact(destroyed), postProcessors: [unknown] };
    const { results } = await runAll([prepared("a", made)]);
    expect(results[0]).toMatchObject({ artifact: undefined, error: { code: "E_POST_PROCESS" } });
    expect(destroyed).toEqual(["ami-12345678"]);
  });
});
