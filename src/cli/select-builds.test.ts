import { describe, expect, it } from "vitest";
import type { BuildDefinition, PostProcessorDefinition } from "../template/definition.ts";
import { selectBuilds } from "./select-builds.ts";

const location = { file: "t.pkr.hcl", line: 1, column: 1 };

function postProcessor(name: string): PostProcessorDefinition {
  return { type: "manifest", name, location, keepInputArtifact: undefined, evaluate: () => ({}) };
}

function build(name: string): BuildDefinition {
  return {
    name,
    type: "outscale-chroot",
    sourceName: name,
    config: {},
    locate: () => location,
    provisioners: [],
    errorCleanupProvisioner: undefined,
    postProcessors: [[postProcessor("list"), postProcessor("upload")], [postProcessor("list")]],
  };
}

const builds = ["outscale-chroot.debian", "base.outscale-chroot.rocky", "amazon-ebs.debian"].map(build);

describe("selectBuilds()", () => {
  it.each<[string[], string[], number[]]>([
    [[], [], [0, 1, 2]],
    [["outscale-chroot.debian"], [], [0]],
    [["*.debian"], [], [0, 2]],
    [["base.*"], [], [1]],
    [["outscale-chroot.debia?"], [], [0]],
    [[], ["amazon-ebs.*"], [0, 1]],
    [["*.debian"], ["amazon-*"], [0]],
  ])("-only %j -except %j", (only, except, expected) => {
    expect(selectBuilds(builds, { only, except }).map(({ definition }) => definition)).toEqual(
      expected.map((index) => builds[index]),
    );
  });

  it("reads dots as dots", () => {
    expect(() => selectBuilds(builds, { only: ["outscale-chroot?debian.x"], except: [] })).toThrow("no build to run");
    expect(selectBuilds([build("a.b"), build("axb")], { only: ["a.b"], except: [] })).toHaveLength(1);
  });

  it("leaves out the post-processors that -except names, and chains that are empty then", () => {
    const [first] = selectBuilds(builds, { only: [], except: ["list"] });
    expect(first?.postProcessors.map((chain) => chain.map(({ name }) => name))).toEqual([["upload"]]);
  });

  it("names the builds there are when none is left", () => {
    const expected = expect.objectContaining({
      exitCode: 2,
      hint: expect.stringContaining("base.outscale-chroot.rocky"),
    });
    expect(() => selectBuilds(builds, { only: ["nope"], except: [] })).toThrow(expected);
  });
});
