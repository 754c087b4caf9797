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

  it.each([
    ["a\u0000b.json", /cannot be used: .*null bytes/],
    ["no/a\u0000b/m.json", /cannot be used: .*null bytes/],
    [`${"a".repeat(300)}.json`, /has a name that is too long/],
    [`${"a".repeat(300)}/m.json`, /has a name that is too long/],
    [`no/such/${"\u00e9".repeat(200)}/m.json`, /has a name that is too long/],
    // What is written beside it first has a longer name.
    [`${"a".repeat(245)}.json`, /has a name that is too long/],
    [`${"no/".repeat(2000)}m.json`, /cannot be used: ENAMETOOLONG/],
    ["loop/m.json", /cannot be used: ELOOP/],
  ])("refuses what no file can have for its name: %j", async (path, problem) => {
    await symlink("loop", join(folder, "loop"));
    expect(outputProblem(join(folder, path))).toMatch(problem);
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
