import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { occupantProblem } from "./occupant.ts";

let folder: string;
const server = createServer();
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "occupant-"));
  writeFileSync(join(folder, "file"), "");
  mkdirSync(join(folder, "folder"));
  execFileSync("mkfifo", [join(folder, "pipe")]);
  await new Promise<void>((resolve) => void server.listen(join(folder, "socket"), resolve));
  for (const name of ["file", "folder", "pipe", "nowhere"]) symlinkSync(name, join(folder, `to-${name}`));
  symlinkSync("/dev/null", join(folder, "to-device"));
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

describe("occupantProblem()", () => {
  it.each(["none", "file", "to-file", "to-nowhere", "none/below", "file/below"])("has nothing against %s", (name) => {
    expect(occupantProblem(join(folder, name))).toBeUndefined();
  });

  it.each([
    ["folder", "is a folder"],
    ["to-folder", "is a folder"],
    ["pipe", "is not a plain file"],
    ["to-pipe", "is not a plain file"],
    ["to-device", "is not a plain file"],
    ["socket", "is not a plain file"],
  ])("says of %s that it %s", (name, problem) => {
    expect(occupantProblem(join(folder, name))).toBe(problem);
  });

  it.each(["/dev/null", "/dev/../dev/zero", "/dev/stdin", "/dev/stdout", "/dev/stderr"])("keeps %s", (path) => {
    expect(occupantProblem(path)).toBe("is not a plain file");
  });
});
