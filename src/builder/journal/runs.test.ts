import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runHeader } from "../../../tests/support/builder/run-context.ts";
import { noLog } from "../../common/log.ts";
import { Journal } from "./journal.ts";
import { findRuns, mountPathsOfOtherRuns, removeStillborn } from "./runs.ts";

let state: string;
let folder: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), "runs-"));
  folder = join(state, "runs");
  mkdirSync(folder);
});
afterEach(() => rmSync(state, { recursive: true }));

const create = (runId: string) =>
  Journal.create(folder, { ...runHeader, runId }, { log: noLog, onTrouble: () => undefined });

describe("findRuns()", () => {
  it("finds nothing where no build has run", () => {
    expect(findRuns(join(state, "missing"))).toEqual({ runs: [], unusable: [], stillborn: [] });
  });

  it("names each journal that cannot be used, waits for none, and finds the others", async () => {
    const journal = await create("0a0a0a0a0a0a");
    writeFileSync(join(folder, "111111111111.jsonl"), "null\n");
    mkdirSync(join(folder, "222222222222.jsonl"));
    execFileSync("mkfifo", [join(folder, "333333333333.jsonl")]);
    symlinkSync(journal.path, join(folder, "444444444444.jsonl"));
    symlinkSync("/dev/tty", join(folder, "555555555555.jsonl"));
    execFileSync("cp", [journal.path, join(folder, "666666666666.jsonl")]);
    mkdirSync(join(folder, "777777777777.new"));
    const { runs, unusable } = findRuns(state);
    expect(runs.map(({ record }) => record.header.runId)).toEqual(["0a0a0a0a0a0a"]);
    expect(unusable.map(({ runId, problem }) => [runId[0], problem.replace(/^.*: /, "")])).toEqual([
      ["1", "expected object, received null"],
      ["2", "it is not a plain file"],
      ["3", "it is not a plain file"],
      ["4", "it is not a plain file"],
      ["5", "it is not a plain file"],
      ["6", "it is the journal of 0a0a0a0a0a0a"],
      ["7", "it is not a plain file"],
    ]);
    journal.close("done");
  });

  it("knows the files of runs that died before they had begun", () => {
    writeFileSync(join(folder, "111111111111.jsonl"), "");
    writeFileSync(join(folder, "222222222222.new"), '{"type":"ru');
    const { runs, unusable, stillborn } = findRuns(state);
    expect([runs, unusable]).toEqual([[], []]);
    expect([...stillborn].sort()).toEqual([join(folder, "111111111111.jsonl"), join(folder, "222222222222.new")]);
  });
});

describe("removeStillborn()", () => {
  it("removes the file", async () => {
    const path = join(folder, "111111111111.new");
    writeFileSync(path, "");
    expect(await removeStillborn(path)).toBe(true);
    expect(existsSync(path)).toBe(false);
    expect(await removeStillborn(path)).toBe(false);
  });
});

describe("mountPathsOfOtherRuns()", () => {
  it("has those of others, whatever else lies among the journals", async () => {
    const own = await create("0a0a0a0a0a0a");
    const other = await create("0b0b0b0b0b0b");
    own.sandbox({ pid: 2, mountPath: "/mnt/own" });
    other.sandbox({ pid: 3, mountPath: "/mnt/other", container: 4 });
    writeFileSync(join(folder, "111111111111.jsonl"), "null\n");
    expect(mountPathsOfOtherRuns(state, "0a0a0a0a0a0a")).toEqual(["/mnt/other"]);
    own.close("done");
    other.close("done");
  });
});
