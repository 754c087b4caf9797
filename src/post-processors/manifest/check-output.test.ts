import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { outputProblem } from "./check-output.ts";
import { manifest } from "./manifest.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "manifest-output-"));
  await mkdir(join(folder, "there"));
  await writeFile(join(folder, "file"), "text");
  await writeFile(join(folder, "empty.json"), "");
  await writeFile(join(folder, "good.json"), '{"builds":[{"name":"x","more":1}],"last_run_uuid":"y"}');
  await writeFile(join(folder, "list.json"), "[]");
  await symlink("nowhere", join(folder, "dangling"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("outputProblem()", () => {
  it.each(["m.json", "there/m.json", "no/such/folder/m.json", "empty.json", "good.json"])(
    "has nothing against %s",
    (path) => {
      expect(outputProblem(join(folder, path))).toBeUndefined();
    },
  );

  it.each([
    ["there", /"F\/there" is a folder/],
    ["file/m.json", /"F\/file" is not a folder/],
    ["file/below/m.json", /"F\/file" is not a folder/],
    ["dangling/m.json", /"F\/dangling" is not a folder/],
    ["file", /"F\/file" exists and is not a manifest/],
    ["list.json", /"F\/list.json" exists and is not a manifest/],
  ])("says what is wrong with %s", (path, problem) => {
    expect(outputProblem(join(folder, path))?.replaceAll(folder, "F")).toMatch(problem);
  });

  it("refuses a device", () => {
    expect(outputProblem("/dev/null")).toBe('"/dev/null" is not a plain file');
  });
});

describe("manifest", () => {
  it("refuses an output that it could not write, before the build", () => {
    expect(() => manifest.prepare({ output: join(folder, "there") }, {})).toThrow(/output: "[^"]*" is a folder/);
  });

  it("does not judge an output that only the build knows", () => {
    expect(() => manifest.prepare({ output: join(folder, "file/\uE000ID\uE000.json") }, {})).not.toThrow();
  });
});
