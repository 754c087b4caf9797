import { describe, expect, it } from "vitest";
import { completions } from "./prompt-lines.ts";

describe("completions()", () => {
  const words = ["upper", "urlencode", "var", "local"];

  it.each<[string, string[], string]>([
    ["up", ["upper"], "up"],
    ["join(u", ["upper", "urlencode"], "u"],
    ["1 + va", ["var"], "va"],
    ["1 + ", [], ""],
    ["nope", [], "nope"],
  ])("completes the end of %j", (line, found, start) => {
    expect(completions(line, words)).toEqual([found, start]);
  });
});
