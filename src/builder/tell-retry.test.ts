import { expect, it } from "vitest";
import { tellRetry } from "./tell-retry.ts";

it("tellRetry() tells of all retries but the first, which comes at once", () => {
  const told: string[] = [];
  const tell = tellRetry({ message: (text) => told.push(text) });
  const retry = { action: "ReadVms", attempts: 8, reason: "connect ECONNREFUSED 127.0.0.1:3000" } as const;
  tell({ ...retry, attempt: 2, delayMs: 400 });
  tell({ ...retry, attempt: 3, delayMs: 900 });
  tell({ ...retry, attempt: 8, delayMs: 29_100 });
  expect(told).toEqual([
    "ReadVms failed: connect ECONNREFUSED 127.0.0.1:3000. Trying again in 1s (3 of 8)",
    "ReadVms failed: connect ECONNREFUSED 127.0.0.1:3000. Trying again in 30s (8 of 8)",
  ]);
});
