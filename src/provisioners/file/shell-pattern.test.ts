import { describe, expect, it } from "vitest";
import { isAnswerTo } from "./shell-pattern.ts";

describe("isAnswerTo()", () => {
  it.each([
    ["/logs/*.log", "/logs/a.log", true],
    ["/logs/*.log", "/logs/.log", false],
    ["/logs/*.log", "/logs/a.log.txt", false],
    ["/logs/*.log", "/logs/sub/a.log", false],
    ["/logs/*", "/logs/.bashrc", false],
    ["/logs/*", "/logs/..", false],
    ["/logs/.*", "/logs/.bashrc", true],
    ["/*/x", "/a/x", true],
    ["/*/x", "/a/b/x", false],
    ["/logs/?", "/logs/é", true],
    ["/logs/?", "/logs/🦊", true],
    ["/logs/?", "/logs/ab", false],
    ["/logs/[!a]b[[:digit:]]]c", "/logs/xb7]c", true],
    ["/logs/[]x]y", "/logs/]y", true],
    ["/logs/[ab", "/logs/[ab", true],
    ["/a b/(x)+{1,2}|$^.*", "/a b/(x)+{1,2}|$^.txt", true],
    ["/a.b/*", "/aXb/c", false],
    ["/logs/*", "/logs/new\nline", true],
  ])("%j, %j: %s", (pattern, path, expected) => {
    expect(isAnswerTo(pattern, path)).toBe(expected);
  });

  it.each([
    ["stars that could share what there is in any way", "/logs/*-*-*-*-*-*-*-*.log", `/logs/${"-".repeat(100_000)}`],
    ["stars side by side", `/logs/${"*".repeat(30)}x`, `/logs/${"-".repeat(100_000)}`],
    ["folders without end", `${"/*".repeat(20)}.log`, "/a".repeat(100_000)],
    ["texts that nearly fit", "/*aaaaaaaaab", `/${"a".repeat(100_000)}`],
  ])("is done with %s, however long the answer is", (_what, pattern, path) => {
    expect(isAnswerTo(pattern, path)).toBe(false);
  });
});
