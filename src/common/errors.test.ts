import { describe, expect, it } from "vitest";
import { CancelledError, ConfigError, messageOf, throwIfCancelled } from "./errors.ts";

describe("messageOf()", () => {
  it("adds the causes that the message does not quote", () => {
    const cause = new Error("no route to host");
    expect(messageOf(new Error("Cannot reach the API", { cause }))).toBe("Cannot reach the API: no route to host");
    expect(messageOf(new Error("Cannot reach the API (no route to host)", { cause }))).toBe(
      "Cannot reach the API (no route to host)",
    );
  });

  it("lists every failure of an AggregateError", () => {
    expect(messageOf(new AggregateError([new Error("a"), "b"], "Both failed"))).toBe("Both failed: a; b");
  });
});

describe("ConfigError", () => {
  it("shows every problem with its option and hint", () => {
    const error = new ConfigError([
      { option: "omi_name", message: "is required" },
      { option: "iops", message: "is for io1 only", hint: "remove it" },
    ]);
    expect(error.message).toBe("2 problems:\n  omi_name: is required\n  iops: is for io1 only (remove it)");
  });
});

describe("throwIfCancelled()", () => {
  it("throws a CancelledError that keeps the reason", () => {
    const reason = new Error("SIGINT");
    expect(() => throwIfCancelled(AbortSignal.abort(reason))).toThrow(CancelledError);
    expect(() => throwIfCancelled(new AbortController().signal)).not.toThrow();
  });
});
