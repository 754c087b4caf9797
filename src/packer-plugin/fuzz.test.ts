import { assert, asyncProperty, infiniteStream, nat } from "fast-check";
import { describe, expect, it } from "vitest";
import { type Dice, fuzzPlugin, type Outcome } from "../../tests/support/packer-plugin/fuzz-plugin.ts";
import { propertyRuns } from "../../tests/support/suite/sample.ts";

describe("a plugin that is sent nonsense", () => {
  it("answers or ends the connection, and never hangs or throws", async () => {
    const outcomes = new Set<Outcome>();
    await assert(
      asyncProperty(infiniteStream(nat()), async (numbers) => {
        const dice: Dice = { below: (limit) => numbers.next().value % limit };
        outcomes.add(await fuzzPlugin(dice));
      }),
      { numRuns: propertyRuns(1_000) },
    );
    expect([...outcomes].sort()).toEqual(["answers", "closed"]);
  });
});
