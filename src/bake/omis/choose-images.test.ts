import { describe, expect, it } from "vitest";
import { chooseImages, needOf, type PruneRule } from "./choose-images.ts";
import type { OwnImage } from "./own-image.ts";

const NOW = Date.parse("2026-03-01T00:00:00Z");
const DAY_MS = 86_400_000;

function image(name: string, daysOld: number, more: Partial<OwnImage> = {}): OwnImage {
  return {
    imageId: `ami-${name}`,
    name,
    description: "",
    state: "available",
    createdAt: new Date(NOW - daysOld * DAY_MS).toISOString(),
    sizeGib: 10,
    snapshotIds: [`snap-${name}`],
    sourceId: null,
    inputsDigest: null,
    isPublic: false,
    sharedWith: [],
    vmIds: [],
    mappedBy: [],
    sourceOf: [],
    isTemporary: false,
    tags: {},
    ...more,
  };
}

const goes = (images: readonly OwnImage[], rule: Partial<PruneRule>) =>
  chooseImages(images, { names: ["web-*"], ...rule }, NOW)
    .filter(({ keptAs }) => keptAs === undefined)
    .map(({ image: { name } }) => name);

describe("chooseImages()", () => {
  const images = [image("web-4", 1), image("db-2", 2), image("web-3", 10), image("web-2", 40), image("web-1", 50)];

  it.each<[Partial<PruneRule>, readonly string[]]>([
    [{ keep: 1 }, ["web-3", "web-2", "web-1"]],
    [{ keep: 0 }, ["web-4", "web-3", "web-2", "web-1"]],
    [{ keep: 9 }, []],
    [{ olderThanMs: 30 * DAY_MS }, ["web-2", "web-1"]],
    [{ olderThanMs: 5 * DAY_MS, keep: 3 }, ["web-1"]],
    [{ keep: 1, names: ["web-*", "db-*"] }, ["web-3", "web-2", "web-1"]],
    [{ keep: 1, names: ["*"] }, ["db-2", "web-3", "web-2", "web-1"]],
    [{ keep: 0, names: ["web-[12]"] }, ["web-2", "web-1"]],
  ])("lets go by %j", (rule, expected) => {
    expect(goes(images, rule)).toEqual(expected);
  });

  it("counts among the newest only those that are available", () => {
    const broken = [image("web-9", 0, { state: "failed" }), ...images];
    expect(goes(broken, { keep: 1 })).toEqual(["web-3", "web-2", "web-1"]);
  });

  it("keeps one that is old enough and used, and says why", () => {
    const used = image("web-1", 50, { vmIds: ["i-1"] });
    expect(chooseImages([used], { names: ["*"], keep: 0 }, NOW)).toEqual([
      { image: used, keptAs: "i-1 was started from it" },
    ]);
  });

  it("does not take an age that nobody can read for old", () => {
    expect(goes([image("web-1", 1, { createdAt: "yesterday" })], { olderThanMs: 1 })).toEqual([]);
  });

  it.each<[string, Partial<PruneRule>]>([
    ["No OMIs are named", { names: [], keep: 1 }],
    ["Nothing says which", {}],
    ["must be a whole number, not -1", { keep: -1 }],
    ["is no pattern", { keep: 1, names: ["[z-a]"] }],
  ])("refuses a rule that is none: %s", (message, rule) => {
    expect(() => goes(images, rule)).toThrow(message);
  });
});

describe("needOf()", () => {
  it.each<[Partial<OwnImage>, string | undefined, string | undefined]>([
    [{}, undefined, undefined],
    [{ sourceOf: ["ami-1"] }, undefined, undefined],
    [{ isTemporary: true }, "a build is at work", "a build is at work"],
    [{ state: "pending" }, "it is pending", "it is pending"],
    [{ vmIds: ["i-1", "i-2", "i-3", "i-4"] }, "i-1, i-2, i-3 and 1 more were started", "i-1, i-2, i-3 and 1 more"],
    [{ mappedBy: ["ami-9"] }, "ami-9 needs its snapshots", "ami-9 needs its snapshots"],
    [{ isPublic: true }, "it is public", undefined],
    [{ sharedWith: ["999999999999"] }, "it is shared with 999999999999", undefined],
  ])("of %j", (more, need, needUnlessShared) => {
    const says = (includeShared: boolean) => needOf(image("web", 1, more), { includeShared });
    expect(says(false)).toEqual(need && expect.stringContaining(need));
    expect(says(true)).toEqual(needUnlessShared && expect.stringContaining(needUnlessShared));
  });
});
