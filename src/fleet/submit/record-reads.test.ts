import { describe, expect, it } from "vitest";
import { RecordedReads } from "./record-reads.ts";

describe("RecordedReads", () => {
  it("takes of the environment what is asked for by name, and the values of variables", () => {
    const reads = new RecordedReads({ PKR_VAR_a: "1", STAGE: "prod", OSC_SECRET_KEY: "secret", HOME: "/root" });
    const { environment } = reads;
    expect(Object.entries(environment)).toEqual([["PKR_VAR_a", "1"]]);
    expect([environment.STAGE, environment.NONE]).toEqual(["prod", undefined]);
    expect(reads.taken).toEqual({ PKR_VAR_a: "1", STAGE: "prod" });
  });

  it("notes every path that is looked for, and changes none", () => {
    const reads = new RecordedReads({});
    expect(reads.locateFile("/b")).toBe("/b");
    reads.locateFile("/a");
    reads.locateFile("/b");
    expect(reads.paths).toEqual(["/a", "/b"]);
  });
});
