import { describe, expect, it } from "vitest";
import { readResults, resultOf, resultScope } from "../../../tests/support/hcl/packer-results/packer-results.ts";

describe("evaluate() gives what Packer gives", () => {
  const scope = resultScope();

  // One comparison for each table: thousands of tests with a name each would take longer to print than to run.
  it.each(["calls", "expressions", "yaml"] as const)(
    "for random %s",
    (table) => {
      const results = readResults(table);
      expect(results.length).toBeGreaterThan(500);
      const differences = results
        .map(([expression, packers]) => ({ expression, packers, ours: resultOf(expression, scope) }))
        .filter(({ packers, ours }) => packers !== ours);
      expect(differences).toEqual([]);
    },
    60_000,
  );
});
