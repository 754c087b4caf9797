import { describe, expect, it } from "vitest";
import { didYouMean } from "./did-you-mean.ts";

describe("didYouMean()", () => {
  const known = ["inline", "inline_shebang", "script", "scripts", "execute_command", "env"];

  it.each([
    ["inlin", "inline"],
    ["inilne", "inline"],
    ["Script", "script"],
    ["execute_comand", "execute_command"],
    ["scrpits", "scripts"],
    ["enf", "env"],
  ])("%s: %s", (given, expected) => expect(didYouMean(given, known)).toBe(expected));

  it.each(["password", "x", ""])("%j: nothing is close", (given) => expect(didYouMean(given, known)).toBeUndefined());
});
