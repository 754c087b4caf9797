import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { recordingIo } from "../../../tests/support/terminal/recording-io.ts";
import type { BakedBuild } from "../../bake/run-builds.ts";
import { writeEvidenceFiles } from "./evidence-files.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "evidence-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What is written here is about names: it holds which build it is of. */
const baked = (name: string) => ({ name, evidence: { diff: { of: name } } }) as unknown as BakedBuild;

it.each<[string[], Record<string, string>]>([
  [["a"], { "diff.json": "a" }],
  [["null.a", "web.null.a"], { "diff.null.a.json": "null.a", "diff.web.null.a.json": "web.null.a" }],
  [["a/b", "a"], { "diff.a%2Fb.json": "a/b", "diff.a.json": "a" }],
  [["/../../x", ".."], { "diff.%2F..%2F..%2Fx.json": "/../../x", "diff....json": ".." }],
  [["a\u0000b", "b"], { "diff.a%00b.json": "a\u0000b", "diff.b.json": "b" }],
  [["a/b", "a%2Fb"], { "diff.a%2Fb.json": "a/b", "diff.a%252Fb.json": "a%2Fb" }],
])("writeEvidenceFiles() writes beside the file that was named, one for each of %j", async (names, expected) => {
  await writeEvidenceFiles(names.map(baked), { diff: join(folder, "diff.json") }, recordingIo());
  const found = readdirSync(folder).map((file) => [file, JSON.parse(readFileSync(join(folder, file), "utf8")).of]);
  expect(Object.fromEntries(found)).toEqual(expected);
});

it("writeEvidenceFiles() makes no file beside a stream, which takes what is told of every build", async () => {
  const io = recordingIo();
  const told = { evidence: { diff: emptyDiff } } as unknown as BakedBuild;
  const builds = ["a", "b"].map((name) => ({ ...told, name }));
  for (const diff of ["/dev/stdout", "/dev/null"]) await writeEvidenceFiles(builds, { diff }, io);
  expect(io.written.stdout.match(/before \(no system\) -> after/g)).toHaveLength(2);
  expect(readdirSync("/dev").filter((name) => /^(?:null|stdout)./.test(name))).toEqual([]);
});

const nothing = { added: [], removed: [], changed: [] };
const emptyDiff = {
  before: { name: "before" },
  after: { name: "after" },
  packages: nothing,
  users: nothing,
  files: { list: [] },
  partitions: [],
  ...{ setIdFiles: nothing, capabilities: nothing, enabledUnits: nothing, listeners: nothing, notes: [] },
};
