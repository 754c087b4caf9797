import { describe, expect, it } from "vitest";
import { countRoundTrips } from "../../../tests/support/fleet/round-trips.ts";
import type { ManifestFile } from "../bundle/manifest.ts";
import type { FleetQueue } from "../queue/fleet-queue.ts";
import { keepFiles, releaseFiles } from "./keep-files.ts";

const FILES = Array.from({ length: 100 }, (_, index): ManifestFile => {
  const file = { kind: "file", path: `project/${index}.sh`, mode: 0o644, bytes: 1, sha256: "" } as const;
  return { ...file, address: String(index), ...(index % 2 === 0 && { store: "bucket" as const }) };
});

function queueWithout(missing: readonly string[]) {
  const trips = countRoundTrips();
  const queue = {
    keyOf: (kind: string) => kind,
    keepContent: (address: string) => trips.answer(!missing.includes(address)),
    releaseContent: () => trips.answer(undefined),
    // Nothing is known of any object.
    redis: { hget: () => trips.answer(null) },
  };
  return { queue: queue as unknown as FleetQueue, trips };
}

describe("keepFiles() and releaseFiles()", () => {
  it("ask for all files at once, and name those that are missing in their order", async () => {
    const { queue, trips } = queueWithout(["7", "3"]);
    const missing = await keepFiles(queue, FILES, 10);
    expect(missing.filter(({ store }) => store === undefined).map(({ address }) => address)).toEqual(["3", "7"]);
    expect(missing.filter(({ store }) => store === "bucket")).toHaveLength(50);
    await releaseFiles(queue, FILES, 10);
    expect(trips.count()).toBe(2);
  });
});
