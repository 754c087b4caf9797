import { afterAll, beforeAll, expect, it } from "vitest";
import { CancelledError } from "../../src/common/errors.ts";
import { type Bakery, nothing, openBakery, publicSource } from "../support/bake/bake.ts";
import { requireRoot } from "../support/suite/requirements.ts";
import { sample } from "../support/suite/sample.ts";

const describe = requireRoot();

describe("a build that is cancelled", () => {
  let bakery: Bakery;
  beforeAll(async () => {
    bakery = await openBakery("cancel-test");
  });
  afterAll(() => bakery.close());

  it("stops at the next safe point, leaves nothing, and claims no artifact", async () => {
    const { artifact, events } = await bakery.bake({ ...publicSource, omi_name: "whole" });
    await artifact?.destroy();
    const steps = events.flatMap((event) => (event.type === "step-started" ? [event.step] : []));
    expect(steps.length).toBeGreaterThan(15);
    for (const step of sample(steps, 10)) {
      const controller = new AbortController();
      const build = bakery.bake(
        { ...publicSource, omi_name: "cancelled" },
        {
          signal: controller.signal,
          onEvent: (event) => {
            if (event.type === "step-started" && event.step === step) controller.abort();
          },
        },
      );
      const error = await build.then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error, `cancelled in ${step}`).toBeInstanceOf(CancelledError);
      expect(await bakery.leftovers(), `cancelled in ${step}`).toEqual(nothing);
    }
  });
});
