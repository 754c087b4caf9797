import { describe, expect, it } from "vitest";
import { BUILD_BLOCKS, TEMPLATE_BLOCKS } from "../definition/block-labels.ts";
import { type OptionDoc, topLevel } from "./known-blocks.ts";

const labelsOf = (docs: ReadonlyMap<string, OptionDoc> = new Map()) =>
  Object.fromEntries(
    [...docs.values()].filter(({ kind }) => kind === "block").map(({ name, labels }) => [name, labels]),
  );

describe("topLevel", () => {
  it("has the blocks that a template may have, with their labels", () => {
    expect(labelsOf(topLevel)).toEqual(TEMPLATE_BLOCKS);
  });

  it("has the blocks of a build, but for what Packer has given up", () => {
    const { from: _, ...blocks } = BUILD_BLOCKS;
    expect(labelsOf(topLevel.get("build")?.inner)).toEqual(blocks);
  });
});
