import { describe, expect, it } from "vitest";
import { unwrapFailure } from "./unwrap-failure.ts";

describe("unwrapFailure()", () => {
  it("finds the error that began it under those of the releases, newest release first", async () => {
    const holder = (name: string) => ({
      async [Symbol.asyncDispose]() {
        throw new Error(name);
      },
    });
    const failing = async () => {
      await using _a = holder("outer release");
      await using _b = holder("inner release");
      throw new Error("the build");
    };
    const thrown = await failing().catch((error: unknown) => error);
    const { error, releaseErrors } = unwrapFailure(thrown);
    expect(error).toMatchObject({ message: "the build" });
    expect(releaseErrors).toMatchObject([{ message: "outer release" }, { message: "inner release" }]);
  });
});
