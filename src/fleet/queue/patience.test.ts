import { describe, expect, it } from "vitest";
import { FakeClock } from "../../../tests/support/outscale/fake-clock.ts";
import { Patience } from "./patience.ts";
import { RefusalError } from "./refusal-error.ts";

const full = new RefusalError("OOM command not allowed when used memory > 'maxmemory'.");

function patience() {
  const clock = new FakeClock();
  const told: string[] = [];
  const onRefused = ({ reason }: RefusalError) => told.push(reason.slice(0, 3));
  return { clock, told, patience: new Patience({ clock, onRefused, onTaken: () => told.push("taken") }) };
}

describe("Patience", () => {
  it("asks again until the queue takes it, and tells of it once, however many wait", async () => {
    const { clock, told, patience: own } = patience();
    const asked: boolean[] = [];
    const ask = (times: number) =>
      own.ask(async (isAgain) => {
        asked.push(isAgain);
        if (isAgain) expect(own.isNeeded).toBe(true);
        if (times-- > 0) throw full;
        return "taken";
      });
    expect(await clock.run(Promise.all([ask(2), ask(3)]))).toEqual(["taken", "taken"]);
    expect(asked).toEqual([false, false, true, true, true, true, true]);
    expect(told).toEqual(["OOM", "taken"]);
    expect(own.isNeeded).toBe(false);
    expect(await own.ask(async () => "at once")).toBe("at once");
    expect(told).toEqual(["OOM", "taken"]);
  });

  it("passes on what would be refused again, and what is no refusal", async () => {
    const { told, patience: own } = patience();
    for (const error of [new RefusalError("NOPERM no"), new Error("Connection is closed.")])
      await expect(own.ask(() => Promise.reject(error))).rejects.toBe(error);
    expect(told).toEqual([]);
  });
});

describe("RefusalError.isPassing", () => {
  it.each([
    [true, "OOM command not allowed when used memory > 'maxmemory'. script: aa, on @user_script:3."],
    [true, "ERR Error running script (call to f_aa): @user_script:1: @user_script: 1: -OOM command not allowed"],
    [true, "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk."],
    [true, "NOREPLICAS Not enough good replicas to write."],
    [true, "READONLY You can't write against a read only replica."],
    [true, "LOADING Redis is loading the dataset in memory"],
    [true, "BUSY Redis is busy running a script."],
    [false, "BUSYGROUP Consumer Group name already exists"],
    [false, "NOPERM this user has no permissions to run the 'set' command"],
    [false, "WRONGTYPE Operation against a key holding the wrong kind of value"],
    [false, "ERR value is not an integer or out of range"],
  ])("is %s for %s", (isPassing, reason) => {
    expect(new RefusalError(reason).isPassing).toBe(isPassing);
  });
});
