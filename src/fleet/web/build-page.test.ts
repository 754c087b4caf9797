import { expect, it } from "vitest";
import { plainJob } from "../../../tests/support/fleet/own-queue.ts";
import type { FleetQueue } from "../queue/fleet-queue.ts";
import { endedPage, runningParts, type ShownBuild } from "./build-page.ts";
import { LiveRun } from "./live-run.ts";

const queue = { name: "1.eu-west-2" } as FleetQueue;

function shown(state: ShownBuild["state"]): ShownBuild {
  return {
    ...{ found: { queue, job: plainJob() }, run: new LiveRun(), stale: undefined, now: 0 },
    ...{ state, result: undefined, worker: null, attempts: 1 },
  };
}

it.each([
  ["refused", "No worker would take this build"],
  ["forgotten", "The queue does not know this build any more"],
] as const)("a page says why a build is %s, whether it was opened before or after", (state, reason) => {
  const now = runningParts(shown(state)).find(({ id }) => id === "now");
  expect(String(now?.body)).toContain(reason);
  const { body } = endedPage(shown(state), { name: undefined, formToken: "x" }, undefined);
  expect(String(body)).toContain(reason);
});
