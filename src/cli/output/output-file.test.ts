import { execFileSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { recordingIo } from "../../../tests/support/terminal/recording-io.ts";
import { UsageError } from "../../common/errors.ts";
import { checkOutputFile, writeOutputFile } from "./output-file.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "output-file-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const STREAMS = ["/dev/stdout", "/dev/stderr", "/dev/fd/1", "/proc/self/fd/2", "/dev/null"];

describe("checkOutputFile()", () => {
  it("leaves what is there as it is, and nothing of its own", () => {
    const path = join(folder, "result.json");
    checkOutputFile(path);
    expect(readdirSync(folder)).toEqual([]);
    writeFileSync(path, "of the last run");
    checkOutputFile(path);
    expect(readFileSync(path, "utf8")).toBe("of the last run");
    expect(readdirSync(folder)).toEqual(["result.json"]);
  });

  it("refuses a folder, and a file in a folder that is not there", () => {
    expect(() => checkOutputFile(folder)).toThrow(UsageError);
    expect(() => checkOutputFile(join(folder, "no", "such"))).toThrow(UsageError);
  });

  it("refuses a pipe, a device and a link to one", () => {
    execFileSync("mkfifo", [join(folder, "pipe")]);
    symlinkSync("/dev/null", join(folder, "link"));
    for (const path of [join(folder, "pipe"), join(folder, "link"), "/dev/zero", "/dev/stdin"])
      expect(() => checkOutputFile(path)).toThrow(expect.objectContaining({ code: "E_USAGE" }));
    expect(readdirSync(folder).sort()).toEqual(["link", "pipe"]);
  });

  it.each(STREAMS)("takes %s", (path) => expect(checkOutputFile(path)).toBeUndefined());
});

describe("writeOutputFile()", () => {
  it("replaces a link, and never follows it", async () => {
    const [path, victim] = [join(folder, "result.json"), join(folder, "victim")];
    writeFileSync(victim, "untouched");
    symlinkSync(victim, path);
    await writeOutputFile(path, "new", recordingIo());
    expect(lstatSync(path).isFile()).toBe(true);
    expect(readFileSync(victim, "utf8")).toBe("untouched");
  });

  it("replaces no pipe, also one that was not there when the run began", async () => {
    const path = join(folder, "pipe");
    execFileSync("mkfifo", [path]);
    await expect(writeOutputFile(path, "new", recordingIo())).rejects.toThrow("is not a plain file");
    expect(lstatSync(path).isFIFO()).toBe(true);
    expect(readdirSync(folder)).toEqual(["pipe"]);
  });

  it.each(STREAMS)("writes to %s, which stays what it is", async (path) => {
    const before = existsSync(path) && lstatSync(path);
    const io = recordingIo();
    await writeOutputFile(path, "text\n", io);
    expect(io.written).toEqual({
      stdout: /out|fd\/1/.test(path) ? "text\n" : "",
      stderr: /err|fd\/2/.test(path) ? "text\n" : "",
    });
    if (before) expect(lstatSync(path)).toMatchObject({ mode: before.mode, rdev: before.rdev, ino: before.ino });
  });

  it.each([
    ['{"name":"##[add-path]x"}', '{"name":"##\\u005badd-path]x"}'],
    ["  ::add-path::x", "  : :add-path::x"],
  ])("gives a CI system that reads along no command: %s", async (content, written) => {
    const io = recordingIo({ env: { GITHUB_ACTIONS: "true" } });
    await writeOutputFile("/dev/stdout", content, io);
    expect(io.written.stdout).toBe(written);
  });
});
