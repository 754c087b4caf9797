import { afterAll, expect, inject } from "vitest";
import { readLedger } from "./ledger.ts";

// The mounts of a test file go with its process, so that nobody else could see that it had forgotten some.
afterAll(async () => {
  const { mounts } = await readLedger(inject("runFolder"));
  expect(mounts, "the file has left mounts behind").toEqual([]);
});
