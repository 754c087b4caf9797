import { describe, expect, it } from "vitest";
import { WaitError, WaitTimeoutError, WentBackError } from "../../outscale/errors.ts";
import { doubtManifest } from "./doubt-manifest.ts";

const options = (lastState: string) => ({ resourceId: "ami-1", lastState, hint: "as it was" });

describe("doubtManifest()", () => {
  it.each([["failed"], ["error"]])("asks about the manifest when an import ends as %s", (lastState) => {
    const error = new WaitError("It failed", options(lastState));
    expect(() => doubtManifest(error)).toThrow(
      expect.objectContaining({ message: "It failed", hint: expect.stringContaining("the manifest of an export") }),
    );
  });

  it.each([
    ["somebody has deleted it", new WaitError("It does not exist", options("absent"))],
    ["it has no disks", new WaitError("It has no snapshots", options("available"))],
    ["its deletion was given up", new WentBackError("It did not vanish", options("failed"))],
    ["it takes too long", new WaitTimeoutError("It did not become available", options("pending"))],
    ["it is something else", new Error("Something else")],
  ])("leaves the advice as it is when %s", (_case, error) => {
    let thrown: unknown;
    try {
      doubtManifest(error);
    } catch (caught) {
      thrown = caught;
    }
    expect(thrown).toBe(error);
  });
});
