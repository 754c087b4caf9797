import { describe, expect, it } from "vitest";
import { faultKinds } from "../faults.ts";
import { readFault } from "./faults-page.ts";

const form = (fields: Readonly<Record<string, string>>) => new URLSearchParams(fields);
/** What a browser sends of the fields that were left as they were. */
const EMPTY = { action: "", transition: "", object: "", ms: "", times: "", skip: "", retryAfterSeconds: "" };

describe("readFault()", () => {
  it.each([
    [
      { kind: "throttled", action: "*", times: "3" },
      { kind: "throttled", action: "*", times: 3 },
    ],
    [
      { kind: "stuck", transition: "volume.creating" },
      { kind: "stuck", transition: "volume.creating" },
    ],
    [
      { kind: "late-object", object: "image", ms: "50" },
      { kind: "late-object", object: "image", ms: 50 },
    ],
    [
      { kind: "skewed-clock", ms: "-5" },
      { kind: "skewed-clock", ms: -5 },
    ],
    [{ kind: "decoy-device", token: "of the form" }, { kind: "decoy-device" }],
  ])("reads %j", (fields, expected) => {
    expect(readFault(form({ ...EMPTY, ...fields }))).toEqual(expected);
  });

  it.each([
    [{ kind: "none of these" }, "kind"],
    [{ kind: "stuck" }, "transition"],
    [{ kind: "late-device", ms: "soon" }, "ms"],
    [{ kind: "throttled", ms: "5" }, "ms"],
    [{ kind: "throttled", times: "0" }, "times"],
  ])("refuses %j", (fields, field) => {
    expect(() => readFault(form({ ...EMPTY, ...fields }))).toThrow(new RegExp(`That is no fault: .*${field}`));
  });
});

it("faultKinds has every kind once", () => {
  expect(new Set(faultKinds).size).toBe(faultKinds.length);
  expect(faultKinds).toEqual(
    expect.arrayContaining(["throttled", "drop-after", "endless-pages", "fail", "late-object"]),
  );
});
