import { describe, expect, it } from "vitest";
import { findCircles, findProblems, type Import, type Room } from "./boundaries.js";

const rooms: Record<string, Room> = {
  cli: { isDoor: true, uses: ["builder"], face: ["main"] },
  plugin: { isDoor: true, uses: ["builder"], face: ["main"] },
  "main.ts": { isProgram: true, uses: ["cli", "plugin"], face: [] },
  builder: { uses: ["host/mounts.ts", "types:cloud"], face: ["builder", "steps/*"] },
  host: { uses: [], face: ["mounts"] },
  cloud: { uses: [], face: ["api"] },
};
/** What the rooms above need, no more and no less. */
const good: Record<string, readonly string[]> = {
  "main.ts": ["cli/main.ts", "plugin/main.ts"],
  "cli/main.ts": ["builder/builder.ts", "cli/flags.ts"],
  "cli/flags.ts": [],
  "plugin/main.ts": ["builder/steps/flock.ts"],
  "builder/builder.ts": ["host/mounts.ts", "types:cloud/api.ts"],
  "builder/steps/flock.ts": [],
  "builder/scope.ts": [],
  "host/mounts.ts": [],
  "host/sysfs.ts": [],
  "cloud/api.ts": [],
};

/** `types:a.ts` is an `import type`, `lazy:a.ts` an `import()`. */
function importOf(text: string): Import {
  const [, kind, target = text] = /^(types|lazy):(.*)$/.exec(text) ?? [];
  return { target, isType: kind === "types", isLazy: kind === "lazy" };
}

function filesOf(imports: Record<string, readonly string[]>) {
  return Object.entries(imports).map(([path, list]) => ({ path, imports: list.map(importOf) }));
}

function problemsWith(more: Record<string, readonly string[]>): string[] {
  const all = Object.keys({ ...good, ...more });
  return findProblems(
    filesOf(Object.fromEntries(all.map((path) => [path, [...(good[path] ?? []), ...(more[path] ?? [])]]))),
    rooms,
  );
}

describe("findProblems()", () => {
  it("finds nothing in a house in order", () => {
    expect(problemsWith({})).toEqual([]);
  });

  it.each([
    ["cli/flags.ts", "plugin/main.ts", "src/cli/flags.ts must not import src/plugin/main.ts: nobody imports a door"],
    [
      "cli/flags.ts",
      "types:plugin/main.ts",
      "src/cli/flags.ts must not import types of src/plugin/main.ts: nobody imports a door",
    ],
    [
      "cli/flags.ts",
      "lazy:plugin/main.ts",
      "src/cli/flags.ts must not import src/plugin/main.ts: nobody imports a door",
    ],
    ["host/sysfs.ts", "cli/main.ts", "src/host/sysfs.ts must not import src/cli/main.ts: nobody imports a door"],
    ["host/sysfs.ts", "cloud/api.ts", "src/host/sysfs.ts must not import src/cloud/api.ts"],
    ["builder/scope.ts", "cloud/api.ts", "src/builder/scope.ts must not import src/cloud/api.ts"],
    ["builder/scope.ts", "host/sysfs.ts", "src/builder/scope.ts must not import src/host/sysfs.ts"],
    [
      "cli/flags.ts",
      "builder/scope.ts",
      'src/cli/flags.ts must not import src/builder/scope.ts: it is not in the face of "builder" (scripts/rooms.js)',
    ],
    ["attic/old.ts", "host/mounts.ts", 'src/attic/old.ts: the room "attic" is not in scripts/rooms.js'],
  ])("refuses that %s imports %s", (from, target, problem) => {
    expect(problemsWith({ [from]: [target] })).toEqual([problem]);
  });

  it("names entries of the table that nobody needs", () => {
    const idle = { ...rooms, host: { uses: ["cloud"], face: ["mounts", "sysfs"] } };
    expect(findProblems(filesOf(good), idle)).toEqual([
      'scripts/rooms.js: "host" does not use "cloud"',
      'scripts/rooms.js: nobody imports "sysfs" of "host"',
    ]);
  });

  it("refuses circles of files, but for types and what is imported lazily", () => {
    expect(
      problemsWith({ "builder/scope.ts": ["builder/steps/flock.ts"], "builder/steps/flock.ts": ["builder/scope.ts"] }),
    ).toEqual([
      "These import each other in a circle: src/builder/scope.ts -> src/builder/steps/flock.ts -> src/builder/scope.ts",
    ]);
    expect(
      problemsWith({
        "builder/scope.ts": ["builder/steps/flock.ts"],
        "builder/steps/flock.ts": ["types:builder/scope.ts"],
      }),
    ).toEqual([]);
    expect(problemsWith({ "cli/flags.ts": ["lazy:cli/main.ts"] })).toEqual([]);
  });
});

describe("findCircles()", () => {
  it("tells a circle once, however many files it has, and a file that imports itself", () => {
    const files = filesOf({
      "a.ts": ["b.ts"],
      "b.ts": ["c.ts", "d.ts"],
      "c.ts": ["a.ts"],
      "d.ts": ["d.ts"],
      "e.ts": ["a.ts"],
    });
    expect(findCircles(files)).toEqual([
      ["a.ts", "b.ts", "c.ts", "a.ts"],
      ["d.ts", "d.ts"],
    ]);
  });
});
