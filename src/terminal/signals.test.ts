import { describe, expect, it } from "vitest";
import { recordingIo } from "../../tests/support/terminal/recording-io.ts";
import { CancelledError } from "../common/errors.ts";
import { watchStopSignals } from "./signals.ts";

describe("watchStopSignals()", () => {
  it("stops at the first signal, hurries at the second, and ignores more", () => {
    const io = recordingIo();
    const told: string[] = [];
    using wishes = watchStopSignals(io, (message) => told.push(message));
    expect([wishes.signal.aborted, wishes.hurry.aborted]).toEqual([false, false]);
    io.send("SIGTERM");
    expect([wishes.signal.aborted, wishes.hurry.aborted]).toEqual([true, false]);
    expect(wishes.signal.reason).toBeInstanceOf(CancelledError);
    expect(wishes.signal.reason).toMatchObject({ message: "The build was stopped by SIGTERM", exitCode: 130 });
    io.send("SIGINT");
    expect(wishes.hurry.aborted).toBe(true);
    io.send("SIGINT");
    expect(told).toHaveLength(2);
  });

  it("says what it is that stops", () => {
    const io = recordingIo();
    const told: string[] = [];
    using wishes = watchStopSignals(io, (message) => told.push(message), "copy");
    io.send("SIGINT");
    expect(told).toEqual([expect.stringContaining("SIGINT: the copy stops at the next safe point")]);
    expect(wishes.signal.reason).toMatchObject({ message: "The copy was stopped by SIGINT" });
  });

  it("lets go of the signals when it is disposed of", () => {
    const io = recordingIo();
    const wishes = watchStopSignals(io, () => undefined);
    wishes[Symbol.dispose]();
    io.send("SIGINT");
    expect(wishes.signal.aborted).toBe(false);
  });
});
