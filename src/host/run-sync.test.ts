import { expect, test } from "vitest";
import { MissingProgramError } from "./command-error.ts";
import { runSync } from "./run-sync.ts";

test("runSync() gives output, input and exit code, and keeps credentials of our own environment from the program", () => {
  process.env.OSC_SECRET_KEY = "hidden";
  try {
    expect(runSync(["sh", "-c", "cat; echo oh >&2; exit 3"], { input: "caf\u00e9" })).toEqual({
      stdout: "caf\u00e9",
      stderr: "oh\n",
      exitCode: 3,
    });
    expect(runSync(["env"]).stdout).not.toContain("OSC_SECRET_KEY");
  } finally {
    delete process.env.OSC_SECRET_KEY;
  }
});

test("runSync() tells a program that is missing, with its package, and one that a signal ended", () => {
  expect(() => runSync(["no-such-program-here"])).toThrow(MissingProgramError);
  expect(() => runSync(["sh", "-c", "kill -9 $$"])).toThrow("Cannot run sh: signal SIGKILL");
});
