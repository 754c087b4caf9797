import { describe, expect, it } from "vitest";
import { ConfigError } from "../common/errors.ts";
import { withoutUnknown } from "./known-problems.ts";

const problem = (option: string) => ({ option, message: "is wrong" });

describe("withoutUnknown()", () => {
  it("leaves out what is said of unknown options, and of what is inside them", () => {
    const known = problem("omi_name");
    const error = new ConfigError([problem("tags.Name"), known, problem("source_omi"), problem("mappings[0].size")]);
    const left = withoutUnknown(error, new Set(["tags", "source_omi", "mappings"]));
    expect(left?.problems).toEqual([known]);
    expect(left?.message).toBe("omi_name: is wrong");
  });

  it("leaves nothing when nothing else is wrong, and the error itself when nothing is unknown", () => {
    const error = new ConfigError([problem("tags.Name")]);
    expect(withoutUnknown(error, new Set(["tags"]))).toBeUndefined();
    expect(withoutUnknown(error, new Set())).toBe(error);
  });
});
