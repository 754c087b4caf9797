import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { generatedData } from "../../tests/support/builder/generated-data.ts";
import { define } from "../../tests/support/provisioners/provisioning.ts";
import { OmiArtifact } from "../builder/artifact.ts";
import type { RunInput } from "../builder/builder.ts";
import { systemClock } from "../common/clock.ts";
import { CancelledError, ConfigError, TimeoutError } from "../common/errors.ts";
import { noLog } from "../common/log.ts";
import type {
  BuildDefinition,
  PostProcessorDefinition,
  ProvisionerDefinition,
} from "../definition/build-definition.ts";
import { type BakeEvent, EventReport } from "./event-report.ts";
import type { PreparedBuild } from "./prepare-builds.ts";
import { type RunBuildsInput, runBuilds } from "./run-builds.ts";

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

/** A build that leaves a record, and whose provisioners read files. */
function recorded(name: string, build: FakeBuild, provisioners: readonly ProvisionerDefinition[]): PreparedBuild {
  const ready = { warnings: [], config: { stateFolder: tmpdir() }, showGiven: () => ({}) };
  const { definition, ...rest } = prepared(name, build);
  return {
    ...rest,
    definition: { ...definition, provisioners },
    prepared: ready as unknown as PreparedBuild["prepared"],
  };
}

const account = { accountId: "123456789012", region: "eu-west-2", endpoint: "https://api.eu-west-2.outscale.com" };
const withProvenance: Partial<RunBuildsInput> = {
  history: { limits: { runs: 0, ageMs: 0 }, template: { path: "t.pkr.hcl", sha256: "", files: [] } },
  provenance: {
    path: "t.pkr.hcl",
    variables: { values: {}, sensitive: [] },
    files: () => [],
    settings: {},
  },
};

async function runAll(builds: readonly PreparedBuild[], input: Partial<RunBuildsInput> = {}) {
  const events: BakeEvent[] = [];
  const clock = systemClock;
  const results = await runBuilds(builds, {
    report: new EventReport({ clock, onEvent: (event) => events.push(event), ask: undefined }),
    signal: new AbortController().signal,
    hurry: new AbortController().signal,
    clock,
    log: noLog,
    parallel: 0,
    debug: false,
    force: false,
    runUuid: "uuid",
    ...input,
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
      { parallel },
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
    const { results } = await runAll(builds, { parallel: 1, signal: stop.signal });
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

  describe("with provenance", () => {
    const madeBy = (work: () => void) => ({
      run: async ({ onEvent }: RunInput) => {
        onEvent?.({ type: "build-started", runId: "0a1b2c3d4e5f", at: 1 });
        onEvent?.({ type: "account", ...account });
        work();
        return artifact();
      },
    });

    it("tells of a file that the build has removed, as it was", async () => {
      const folder = mkdtempSync(join(tmpdir(), "run-builds-"));
      const script = join(folder, "gen.sh");
      writeFileSync(script, "true\n");
      const build = recorded(
        "a",
        madeBy(() => rmSync(folder, { recursive: true })),
        [define("shell", { script })],
      );
      const { results, events } = await runAll([build], withProvenance);
      expect(results[0]).toMatchObject({
        outcome: "done",
        error: undefined,
        artifact: { id: "eu-west-2:ami-12345678" },
      });
      const { resolvedDependencies } = results[0]?.provenance?.predicate.buildDefinition ?? {};
      expect(resolvedDependencies).toMatchObject([
        { name: script, digest: { sha256: expect.any(String) }, annotations: { changedDuringTheBuild: true } },
      ]);
      expect(events).toContainEqual(
        expect.objectContaining({ kind: "warn", text: expect.stringContaining("changed") }),
      );
    });

    const broken = (failsAt: number) => {
      let times = 0;
      return define("shell", () => {
        times++;
        if (times === failsAt) throw new ConfigError([{ option: "script", message: "no" }]);
        return { inline: ["true"] };
      });
    };

    it.each([
      ["before the build", 1],
      ["after it", 2],
    ])("gives every build its end where the files cannot be told %s", async (_when, failsAt) => {
      const builds = ["a", "b"].map((name) =>
        recorded(
          name,
          madeBy(() => undefined),
          [broken(failsAt)],
        ),
      );
      const { results, events } = await runAll(builds, { ...withProvenance, parallel: 1 });
      for (const result of results) {
        expect(result).toMatchObject({ outcome: "done", artifact: { id: "eu-west-2:ami-12345678" } });
        expect(result.record?.product?.imageId).toBe("ami-12345678");
        expect(result.provenance).toBeUndefined();
      }
      expect(results).toHaveLength(2);
      const warned = events.filter((event) => event.type === "line" && /No provenance is made/.test(event.text));
      expect(warned).toHaveLength(2);
    });
  });

  it("lets every other build end before a bug in one is thrown", async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let hasEnded = false;
    const slow = prepared("slow", {
      run: async () => {
        await held;
        hasEnded = true;
        return artifact();
      },
    });
    // It is read before anything is caught.
    const bug = { ...prepared("bug", { run: async () => artifact() }), prepared: undefined as never };
    Object.defineProperty(bug, "prepared", {
      get: () => {
        setImmediate(release);
        throw new Error("bug");
      },
    });
    await expect(runAll([bug, slow])).rejects.toThrow("bug");
    expect(hasEnded).toBe(true);
  });
});
