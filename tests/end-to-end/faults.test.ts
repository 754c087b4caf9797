import { afterAll, beforeAll, expect, it } from "vitest";
import { ChrootError, messageOf } from "../../src/common/errors.ts";
import type { RawConfig } from "../../src/definition/raw-value.ts";
import type { Fault } from "../../src/local-cloud/faults.ts";
import { type Bakery, nothing, openBakery, publicSource } from "../support/bake/bake.ts";
import { hastyClock } from "../support/bake/hasty-clock.ts";
import { requireRoot } from "../support/suite/requirements.ts";
import { sample } from "../support/suite/sample.ts";

const describe = requireRoot();
const config = { ...publicSource, omi_name: "faulty", tags: { Name: "faulty" }, omi_account_ids: ["123456789012"] };

/** One fault, at one call or transition. */
interface Point {
  readonly name: string;
  readonly fault: Fault;
  readonly options?: RawConfig;
}

describe("a build on a cloud that fails", () => {
  let bakery: Bakery;
  let actions: readonly string[];
  beforeAll(async () => {
    bakery = await openBakery("faults-test");
    const { artifact } = await bakery.bake(config);
    actions = bakery.cloud.requests.map(({ action }) => action);
    await artifact?.destroy();
  });
  afterAll(() => bakery.close());

  /** Builds with a fault armed: whatever comes of it, the account holds exactly the product, or nothing. */
  const buildWith = async ({
    name,
    fault,
    options = {},
  }: Point): Promise<{ outcome: "built" | "failed"; problems: string[] }> => {
    bakery.cloud.faults.add(fault);
    const problems: string[] = [];
    let outcome: "built" | "failed" = "failed";
    let product: readonly string[][] = [[], []];
    try {
      const { artifact } = await bakery.bake(
        { ...config, ...options },
        fault.kind === "stuck" ? {} : { clock: hastyClock() },
      );
      outcome = "built";
      product = [[`${artifact?.product.imageId} faulty`], [...(artifact?.product.snapshotIds ?? [])]];
      bakery.cloud.faults.clear();
      const leftovers = await bakery.leftovers();
      const expected = { ...nothing, images: product[0] ?? [], snapshots: product[1] ?? [] };
      if (JSON.stringify(leftovers) !== JSON.stringify(expected))
        problems.push(`${name}: ${JSON.stringify(leftovers)}`);
      await artifact?.destroy();
    } catch (error) {
      bakery.cloud.faults.clear();
      if (!(error instanceof ChrootError) || error.step === undefined)
        problems.push(`${name}: no step in ${messageOf(error)}`);
      // What never gets out of a state cannot be deleted in it: that is for cleanup, once it has.
      if (fault.kind === "stuck") {
        await bakery.cloud.idle();
        await bakery.cleanUp();
      }
      const leftovers = await bakery.leftovers();
      if (JSON.stringify(leftovers) !== JSON.stringify(nothing))
        problems.push(`${name}: ${messageOf(error)}: ${JSON.stringify(leftovers)}`);
    }
    await bakery.cleanUp();
    await bakery.cloud.idle();
    return { outcome, problems };
  };

  const once = (kind: "throttled" | "internal-error" | "drop-before" | "drop-after"): Point[] => {
    const seen = new Map<string, number>();
    return actions.map((action) => {
      const skip = seen.get(action) ?? 0;
      seen.set(action, skip + 1);
      return { name: `${kind} at ${action} ${skip + 1}`, fault: { kind, action, skip, times: 1 } };
    });
  };

  it("survives a fault that passes, at every call", async () => {
    const points = [...once("throttled"), ...once("internal-error"), ...once("drop-before"), ...once("drop-after")];
    const problems: string[] = [];
    for (const point of sample(points, 16)) {
      const result = await buildWith(point);
      problems.push(...result.problems);
      if (result.outcome === "failed") problems.push(`${point.name}: the build failed`);
    }
    expect(problems).toEqual([]);
  });

  it("waits while the account takes as many snapshots at once as it may", async () => {
    const fault: Fault = { kind: "too-many-concurrent-snapshots", action: "CreateSnapshot", times: 3 };
    const result = await buildWith({ name: "too many snapshots", fault });
    expect(result).toEqual({ outcome: "built", problems: [] });
  });

  it.each([
    ["looping-pages", "its page 2 leads back to one before it"],
    ["endless-pages", "more follow behind 1000 pages of at most 1000"],
  ] as const)("is not caught in %s of images", async (kind, words) => {
    bakery.cloud.faults.add({ kind, action: "ReadImages", times: 10_000 });
    const baking = bakery.bake(config, { clock: hastyClock() });
    await expect(baking).rejects.toMatchObject({ step: "StepSourceOMIInfo", message: expect.stringContaining(words) });
    bakery.cloud.faults.clear();
    expect(await bakery.leftovers()).toEqual(nothing);
  });

  it("asks again for what the service gives up", async () => {
    const transitions = ["link.attaching", "link.detaching", "volume.deleting"] as const;
    const points = transitions.flatMap((transition): Point[] =>
      // The hasty clock passes over pauses of this length.
      [1, 2].map((times) => ({
        name: `${times} x ${transition}`,
        fault: { kind: "fail", transition, times },
        options: { polling: { min: "400ms" } },
      })),
    );
    const problems: string[] = [];
    // A link that fails leaves the volume in an error, from which the platform knows no way back.
    const isBuilt = ({ name }: Point) => !name.endsWith("attaching");
    for (const point of sample(points, 4)) {
      const result = await buildWith(point);
      problems.push(...result.problems);
      if ((result.outcome === "built") !== isBuilt(point)) problems.push(`${point.name}: ${result.outcome}`);
    }
    expect(problems).toEqual([]);
  });

  it("takes everything down when a call never works", async () => {
    const mutations = [...new Set(actions)].filter((action) => /^(Create|Link|Update)/.test(action));
    const points = mutations.flatMap((action): Point[] =>
      (["internal-error", "drop-before", "drop-after"] as const).map((kind) => ({
        name: `${kind} at every ${action}`,
        fault: { kind, action, times: 10_000 },
      })),
    );
    const problems: string[] = [];
    for (const point of sample(points, 8)) problems.push(...(await buildWith(point)).problems);
    expect(problems).toEqual([]);
  });

  it("takes everything down when a resource ends in a failed state, or never gets anywhere", async () => {
    const transitions = ["volume.creating", "link.attaching", "snapshot.pending", "image.pending"] as const;
    const points = transitions.flatMap((transition): Point[] =>
      (["fail", "stuck"] as const).map((kind) => ({
        name: `${kind} ${transition}`,
        fault: { kind, transition, times: 100 },
        options: { timeouts: { volume: "1s", link: "1s", snapshot: "1s", image: "1s", copy: "1s" } },
      })),
    );
    const problems: string[] = [];
    for (const point of sample(points, 4)) problems.push(...(await buildWith(point)).problems);
    expect(problems).toEqual([]);
  });
});
