import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { parseProcessStat, readChildren, withDescendants } from "./process-tree.ts";

const fields = (state: string) => `${state} 7 42 40 0 -1 4194304 76 0 0 0 0 0 0 0 20 0 1 0 138194 3133440 374`;

describe("parseProcessStat()", () => {
  it("reads past a name with blanks and brackets", () => {
    const node = { pid: 42, parentPid: 7, session: 40, startedAt: 138194 };
    expect(parseProcessStat(`42 (sh) ${fields("S")}`)).toEqual(node);
    expect(parseProcessStat(`42 (a) S 1 (b c) ${fields("R")}`)).toEqual(node);
  });

  it("leaves out zombies and what is no such line", () => {
    expect(parseProcessStat(`42 (sh) ${fields("Z")}`)).toBeUndefined();
    expect(parseProcessStat("")).toBeUndefined();
  });
});

describe("withDescendants()", () => {
  it("finds children of children, and those of a parent that is gone", () => {
    const parents = { 2: 1, 3: 2, 4: 3, 5: 99, 6: 5 };
    const tree = new Map(
      Object.entries(parents).map(([pid, parentPid]) => [
        Number(pid),
        { pid: Number(pid), parentPid, session: 0, startedAt: 0 },
      ]),
    );
    expect([...withDescendants(tree, [2])].sort()).toEqual([2, 3, 4]);
    expect([...withDescendants(tree, [99])].sort()).toEqual([5, 6]);
    expect([...withDescendants(tree, [])]).toEqual([]);
  });
});

describe("readChildren()", () => {
  it("finds what a process has started, and nothing of one that is gone", async () => {
    const shell = spawn("/bin/sh", ["-c", "(read -r _) <&3 & echo ready; wait"], {
      stdio: ["ignore", "pipe", "ignore", "pipe"],
    });
    const pid = shell.pid as number;
    await once(shell.stdout as NodeJS.ReadableStream, "data");
    const children = readChildren(pid);
    expect(children).toEqual([expect.objectContaining({ parentPid: pid })]);
    expect(readChildren(children[0]?.pid ?? 0)).toEqual([]);
    shell.stdio[3]?.destroy();
    await once(shell, "exit");
    expect(readChildren(pid)).toEqual([]);
  });
});
