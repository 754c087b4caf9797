import { expect, inject, it } from "vitest";
import { readLeftovers } from "./support/suite/ledger.ts";

// The last file of a run (see vitest.config.ts): what it finds, some test before it has left.
it("the tests leave no loop device, mount, process or file behind", async () => {
  const left = await readLeftovers(inject("runFolder"));
  expect(left).toEqual({ loops: [], mounts: [], files: [], processes: [] });
});
