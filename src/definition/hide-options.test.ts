import { expect, it } from "vitest";
import { hideOptions } from "./hide-options.ts";

it("hideOptions() hides what is at or below a sensitive path, however short it is, and nothing beside it", () => {
  const options = {
    name: "a",
    tags: { A: "a", B: "b" },
    list: ["a", 1],
    disks: [{ size: 1 }, { size: 1 }],
    all: [{}, 2],
  };
  expect(hideOptions(options, new Set(["tags.A", "list[1]", "disks[1].size", "all"]))).toEqual({
    name: "a",
    tags: { A: "(sensitive value)", B: "b" },
    list: ["a", "(sensitive value)"],
    disks: [{ size: 1 }, { size: "(sensitive value)" }],
    all: [{ "(sensitive value)": "(sensitive value)" }, "(sensitive value)"],
  });
});
