import { expect, it } from "vitest";
import type { WatchedBuild } from "../watch/build-list.ts";
import type { FleetLook } from "./fleet-look.ts";
import { overviewParts } from "./overview-page.ts";

const visitor = { name: undefined, formToken: "x" };

function ended(id: string, times: { readonly submittedAt: number; readonly endedAt: number | null }): WatchedBuild {
  return {
    ...{ id, queue: "1.eu-west-2", build: `outscale-chroot.${id}`, submitter: "somebody", ...times },
    ...{ group: null, priority: "normal", state: "done", attempts: 1, mostAttempts: 1, worker: null },
    ...{ artifactId: null, error: null },
  };
}

function lookWith(parts: Partial<FleetLook>): FleetLook {
  const none = { workers: [], queues: [], running: [], waiting: [], ended: [] };
  return { ...none, runningCount: 0, waitingCount: 0, unlisted: 0, ...parts };
}

const partOf = (look: FleetLook, id: string) =>
  String(overviewParts(look, visitor).find((part) => part.id === id)?.body ?? "");

it("the overview has those that ended last first, whenever they were submitted", () => {
  const long = ended("long", { submittedAt: 1, endedAt: 900 });
  const untold = ended("untold", { submittedAt: 800, endedAt: null });
  const others = Array.from({ length: 10 }, (_, index) =>
    ended(`other-${index}`, { submittedAt: 100 + index, endedAt: 200 + index }),
  );
  const shown = partOf(lookWith({ ended: [untold, ...others.toReversed(), long] }), "ended");
  const ids = [...shown.matchAll(/href="\/builds\/([\w-]+)"/g)].map(([, id]) => id);
  expect(ids.slice(0, 3)).toEqual(["long", "untold", "other-9"]);
});
