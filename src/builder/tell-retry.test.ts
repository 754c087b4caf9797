import { expect, it } from "vitest";
import type { BuildEvent } from "./events.ts";
import { tellRetry } from "./tell-retry.ts";

it("tellRetry() says in which region, where there are several", () => {
  const told: string[] = [];
  const ui = { message: (text: string) => told.push(text) };
  const { onRetry } = tellRetry({ ui, clock: { now: () => 5 }, region: "us-east-2" });
  onRetry?.({ action: "ReadVms", attempt: 2, attempts: 8, reason: "connection refused", delayMs: 420 });
  expect(told).toEqual(["ReadVms in us-east-2: retrying 2 of 8 in 0.4 s: connection refused"]);
});

it("tellRetry() tells of every retry, as a line and as an event, and of its end as an event", () => {
  const told: string[] = [];
  const events: BuildEvent[] = [];
  const { onRetry, onRetryEnd } = tellRetry({
    ui: { message: (text) => told.push(text) },
    clock: { now: () => 5 },
    emit: (event) => events.push(event),
  });
  const retry = { action: "ReadVms", attempt: 2, attempts: 8, reason: "connection refused", delayMs: 420 } as const;
  onRetry?.(retry);
  onRetryEnd?.("ReadVms");
  expect(told).toEqual(["ReadVms: retrying 2 of 8 in 0.4 s: connection refused"]);
  expect(events).toEqual([
    { type: "retry", ...retry, at: 5 },
    { type: "retry-ended", action: "ReadVms", at: 5 },
  ]);
});
