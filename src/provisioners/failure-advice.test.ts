import { tmpdir } from "node:os";
import { describe, expect, it } from "vitest";
import { ProvisionError } from "../common/errors.ts";
import type { ExitStatus } from "../host/command-error.ts";
import { exitAdvice, failureAdvice } from "./failure-advice.ts";

/** A file system on which nothing is free. */
const FULL = "/proc";

describe("failureAdvice()", () => {
  const failure = new ProvisionError("It failed", { hint: "look at its lines" });
  const look = "With -on-error=ask the build waits, and you can look into the image";

  it.each([
    ["has the failure's own hint, and a way to look", failure, tmpdir(), `look at its lines. ${look}`],
    ["has a way to look when there is no hint", new ProvisionError("It failed"), tmpdir(), look],
    [
      "names a full disk before all else",
      failure,
      FULL,
      `The image's file system is full: root_volume_size makes it larger. ${look}`,
    ],
    ["says nothing of a disk that is gone", failure, "/nowhere", `look at its lines. ${look}`],
  ])("%s", async (_, error, path, advice) => {
    expect(await failureAdvice(error, path)).toBe(advice);
  });
});

describe("exitAdvice()", () => {
  it.each<[Partial<ExitStatus>, RegExp]>([
    [{ code: 1 }, /valid_exit_codes/],
    [{ code: 126 }, /noexec/],
    [{ code: 127 }, /install it in the image/],
    [{ code: 137 }, /out of memory/],
    [{ signal: "SIGKILL" }, /out of memory/],
    [{ signal: "SIGSEGV" }, /^Something has ended it with SIGSEGV/],
  ])("%j", (status, advice) => {
    expect(exitAdvice({ code: null, signal: null, ...status }, "in the image")).toMatch(advice);
  });
});
