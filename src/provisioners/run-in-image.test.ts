import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Bench, makeBench } from "../../tests/support/provisioners/provisioning.ts";
import { CancelledError, ProvisionError } from "../common/errors.ts";
import { readFromImage } from "./run-in-image.ts";

describe("readFromImage()", () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await makeBench();
  });
  afterEach(() => bench[Symbol.asyncDispose]());

  it("takes what a command prints, and how it ends", async () => {
    expect(await readFromImage("printf 'a\\0b'; exit 3", bench.input)).toEqual({
      status: { code: 3, signal: null },
      stdout: "a\0b",
    });
  });

  it("ends a command that answers without end", async () => {
    const answer = readFromImage("exec cat /dev/zero", bench.input, "Ask for less");
    await expect(answer).rejects.toThrow(ProvisionError);
    await expect(answer).rejects.toMatchObject({ hint: "Ask for less" });
  });

  it("ends with the build", async () => {
    const stop = new AbortController();
    const answer = readFromImage("sleep 100000", { ...bench.input, signal: stop.signal });
    stop.abort();
    await expect(answer).rejects.toThrow(CancelledError);
  });
});
