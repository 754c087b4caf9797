import { expect, it } from "vitest";
import { plainJob } from "../../../tests/support/fleet/own-queue.ts";
import type { FleetQueue } from "../queue/fleet-queue.ts";
import { RefusalError } from "../queue/refusal-error.ts";
import type { Schedule } from "../schedule/schedule.ts";
import { watchSchedules } from "./watched-schedules.ts";

/** A queue with one schedule, that was due once, whose engine reads jobs as they are given. */
function queueWith(readEngine: () => Promise<never>): FleetQueue {
  const { id: _id, submittedAt: _at, ...job } = plainJob();
  const schedule: Schedule = {
    ...{ name: "nightly", generation: 1, cron: "@daily", zone: "UTC", from: 0, until: 1, submitter: "somebody" },
    jobs: [job],
  };
  const run = { due: 1, builds: [{ build: "outscale-chroot.web", id: "aa01" }] };
  const queue = {
    name: "1.eu-west-2",
    keyOf: (kind: string) => kind,
    openJson: (sealed: string) => ({ value: JSON.parse(sealed) }),
    readResult: async () => undefined,
    redis: {
      hgetall: async () => ({ nightly: JSON.stringify(schedule) }),
      hget: async () => JSON.stringify(run),
    },
    jobs: { getJob: readEngine, getJobScheduler: readEngine, getJobState: async () => "prioritized" },
  };
  return queue as unknown as FleetQueue;
}

it("watchSchedules() shows a schedule although whoever owns the Redis has written no JSON for the engine", async () => {
  const queue = queueWith(() => Promise.reject(new SyntaxError("Unexpected token")));
  expect(await watchSchedules([queue])).toMatchObject([
    { name: "nightly", next: null, last: { due: 1, builds: [{ id: "aa01", outcome: "submitted" }] } },
  ]);
  const busy = queueWith(() => Promise.reject(new RefusalError("BUSY no")));
  await expect(watchSchedules([busy])).rejects.toThrow("BUSY");
});
