import { afterAll, beforeAll, expect, it } from "vitest";
import type { OmiArtifact } from "../../src/builder/artifact.ts";
import { RegionCopyError } from "../../src/builder/region-copy/region-copy-error.ts";
import { messageOf } from "../../src/common/errors.ts";
import type { RawConfig } from "../../src/definition/raw-value.ts";
import type { Fault } from "../../src/local-cloud/faults.ts";
import type { LocalCloud } from "../../src/local-cloud/start-local-cloud.ts";
import type { TransitionName } from "../../src/local-cloud/states/transitions.ts";
import { type Bakery, openBakery, publicSource } from "../support/bake/bake.ts";
import { hastyClock } from "../support/bake/hasty-clock.ts";
import { RecordedCalls } from "../support/bake/recorded-calls.ts";
import { censusOf } from "../support/bake/region-census.ts";
import { requireRoot } from "../support/suite/requirements.ts";
import { sample } from "../support/suite/sample.ts";
import { RecordingUi } from "../support/terminal/recording-ui.ts";

const describe = requireRoot();
const config: RawConfig = {
  ...publicSource,
  ...{ omi_name: "far", tags: { Name: "far" }, omi_account_ids: ["123456789012"], snapshot_groups: ["all"] },
  ...{ omi_regions: ["us-east-2", "us-west-1"], region_copy: { bucket: "acme", create_bucket: true } },
};

/** One fault, in one region. */
interface Point {
  readonly name: string;
  readonly region: string;
  readonly fault: Fault;
  readonly options?: RawConfig;
}

/** What a build has come to. */
interface Outcome {
  readonly artifact: OmiArtifact | undefined;
  readonly error: unknown;
}

describe("copies to other regions, on a cloud that fails", () => {
  let bakery: Bakery;
  /** What each region was asked for while the copies were made: how often before, and what. */
  const asked: { readonly region: string; readonly action: string; readonly skip: number }[] = [];
  beforeAll(async () => {
    bakery = await openBakery("regions-faults-test", { regions: ["eu-west-2", "us-east-2", "us-west-1"] });
    await recordCalls();
  });
  afterAll(() => bakery.close());

  const regionOf = (name: string): LocalCloud => {
    const region = bakery.cloud.regions.find(({ regionName }) => regionName === name);
    if (region === undefined) throw new Error(`There is no region ${name}`);
    return region;
  };

  /** A build that goes well shows what can fail. */
  async function recordCalls(): Promise<void> {
    let starts: readonly number[] = [];
    const { artifact } = await bakery.bake(config, {
      onEvent: (event) => {
        if (event.type === "step-started" && event.step === "StepCopyRegions")
          starts = bakery.cloud.regions.map(({ requests }) => requests.length);
      },
    });
    for (const [index, { regionName, requests }] of bakery.cloud.regions.entries()) {
      const seen = new Map<string, number>();
      for (const [number, { action }] of requests.entries()) {
        const skip = seen.get(action) ?? 0;
        seen.set(action, skip + 1);
        if (number >= (starts[index] ?? 0)) asked.push({ region: regionName, action, skip });
      }
    }
    await artifact?.destroy();
  }

  async function bakeWith({ region, fault, options = {} }: Point): Promise<Outcome> {
    regionOf(region).faults.add(fault);
    let standing: OmiArtifact | undefined;
    try {
      const clock = fault.kind === "stuck" ? {} : { clock: hastyClock() };
      const onStanding = (artifact: OmiArtifact) => {
        standing = artifact;
      };
      const { artifact } = await bakery.bake({ ...config, ...options }, { ...clock, onStanding });
      return { artifact, error: undefined };
    } catch (error) {
      return { artifact: standing, error };
    } finally {
      for (const each of bakery.cloud.regions) each.faults.clear();
    }
  }

  /** Whatever comes of a build: every region has what the artifact names, and nothing besides. */
  async function problemsOf(point: Point, check: (outcome: Outcome) => readonly string[]): Promise<readonly string[]> {
    const before = await censusOf(bakery.cloud);
    const outcome = await bakeWith(point);
    const problems = [...check(outcome)];
    await bakery.cleanUp();
    await outcome.artifact?.destroy();
    const after = await censusOf(bakery.cloud);
    if (JSON.stringify(after) !== JSON.stringify(before)) {
      problems.push(`left: ${JSON.stringify(after)} of ${JSON.stringify(before)}`);
    }
    const { journals } = await bakery.leftovers();
    if (journals.length > 0) problems.push(`journals: ${journals.join()}`);
    return problems.map((problem) => `${point.name}: ${problem}`);
  }

  async function sweep(points: readonly Point[], check: (outcome: Outcome) => readonly string[]): Promise<void> {
    const problems: string[] = [];
    for (const point of points) problems.push(...(await problemsOf(point, check)));
    expect(problems).toEqual([]);
  }

  const isWhole = ({ artifact, error }: Outcome) =>
    error === undefined && artifact?.copies.length === 2 ? [] : [`not whole: ${messageOf(error)}`];

  it("are made all the same when a call fails once, in whatever way", async () => {
    const kinds = ["throttled", "internal-error", "drop-before", "drop-after"] as const;
    const points = asked.flatMap(({ region, action, skip }): Point[] =>
      kinds.map((kind) => ({
        name: `${kind} at ${action} ${skip + 1} in ${region}`,
        ...{ region, fault: { kind, action, skip, times: 1 } },
      })),
    );
    await sweep(sample(points, 10), isWhole);
  });

  it("leave the OMI and what is whole when a call never works, and nothing besides", async () => {
    const mutating = asked.filter(({ action }) => /^(Create|Update|Delete|Put)/.test(action));
    const points = mutating.flatMap(({ region, action, skip }): Point[] =>
      (["internal-error", "drop-before", "drop-after"] as const).map((kind) => ({
        name: `${kind} from ${action} ${skip + 1} on in ${region}`,
        ...{ region, fault: { kind, action, skip, times: 10_000 } },
      })),
    );
    await sweep(sample(points, 8), ({ artifact, error }) => {
      // What only tidies up may fail without the copies' being worse for it.
      if (error === undefined) return isWhole({ artifact, error });
      if (!(error instanceof RegionCopyError)) return [`failed otherwise: ${messageOf(error)}`];
      if (error.step !== "StepCopyRegions") return [`in ${error.step}`];
      const missing = 2 - (artifact?.copies.length ?? 0);
      return missing === error.failed.length ? [] : [`says ${error.message}, and has ${artifact?.id}`];
    });
  });

  it("leave the OMI when an export or an import fails, or never gets anywhere", async () => {
    const places: readonly (readonly [string, TransitionName])[] = [
      ["eu-west-2", "image-export.pending"],
      ["us-east-2", "snapshot.importing"],
      ["us-east-2", "image.pending"],
    ];
    const points = places.flatMap(([region, transition]): Point[] =>
      (["fail", "stuck"] as const).map((kind) => ({
        name: `${kind} ${transition} in ${region}`,
        region,
        fault: { kind, transition, times: 100 },
        options: { timeouts: { copy: "10s", image: "10s", snapshot: "10s" } },
      })),
    );
    // At home nothing but the export may be hit.
    await sweep(sample(points, 3), ({ artifact, error }) => {
      if (!(error instanceof RegionCopyError)) return [`failed otherwise: ${messageOf(error)}`];
      return error.failed.length + (artifact?.copies.length ?? 0) === 2 ? [] : [`has ${artifact?.id}`];
    });
  });

  it("leave a bucket that they have made to the clean-up that removes its objects", async () => {
    const fault = { kind: "internal-error", action: "DeleteObjects", times: 10_000 } as const;
    const point: Point = { name: "", region: "eu-west-2", fault };
    expect(await problemsOf(point, isWhole)).toEqual([]);
  });

  it("say what is missing, and how to finish it", async () => {
    const point: Point = {
      name: "",
      region: "us-east-2",
      fault: { kind: "fail", transition: "snapshot.importing", times: 9 },
    };
    const problems = await problemsOf(point, ({ artifact, error }) => {
      expect(error).toMatchObject({ code: "E_REGION_COPY", failed: [{ region: "us-east-2" }] });
      const finish =
        "omi copy -to us-east-2 -bucket acme -create-bucket -share us-east-2=123456789012 -public-snapshot";
      expect(error).toMatchObject({ hint: expect.stringContaining(`outscale-chroot ${finish} `) });
      expect(error).toMatchObject({ hint: expect.stringMatching(new RegExp(` ${artifact?.product.imageId}$`)) });
      expect(artifact?.id).toMatch(/^eu-west-2:ami-[0-9a-f]{8},us-west-1:ami-[0-9a-f]{8}$/);
      return [];
    });
    expect(problems).toEqual([]);
  });

  it.each([
    ["image", "CreateImageExportTask"],
    ["snapshots", "CreateSnapshotExportTask"],
  ] as const)(
    "are tried again for those that have failed, by %s, when the person who is asked says so",
    async (...way) => {
      const [method, action] = way;
      const before = await censusOf(bakery.cloud);
      const east = regionOf("us-east-2");
      east.faults.add({ kind: "fail", transition: "snapshot.importing", times: 1 });
      const calls = new RecordedCalls(bakery);
      const ui = new RecordingUi();
      ui.answers.push("r", "c");
      const region_copy = { bucket: "acme", create_bucket: true, method };
      const { artifact } = await bakery.bake(
        { ...config, region_copy, packer_on_error: "ask" },
        { ui, clock: hastyClock() },
      );
      expect(artifact?.copies.map(({ region }) => region).toSorted()).toEqual(["us-east-2", "us-west-1"]);
      expect(ui.of("ask")[0]).toContain("[r] retry StepCopyRegions");
      // What the first try has written, or still writes, is not the second one's.
      const prefixes = calls.of(action).map(({ OsuExport }) => OsuExport.OsuPrefix);
      expect(prefixes).toEqual([expect.any(String), expect.stringMatching(/-2(\/snap-[0-9a-f]+)?$/)]);
      await artifact?.destroy();
      expect(await censusOf(bakery.cloud)).toEqual(before);
    },
  );
});
