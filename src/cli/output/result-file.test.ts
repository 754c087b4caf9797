import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { generatedData } from "../../../tests/support/builder/generated-data.ts";
import { recordingIo } from "../../../tests/support/terminal/recording-io.ts";
import type { BakedBuild } from "../../bake/run-builds.ts";
import { OmiArtifact } from "../../builder/artifact.ts";
import { TimeoutError } from "../../common/errors.ts";
import { secrets } from "../../common/secrets.ts";
import { version } from "../../common/version.ts";
import { writeResultFile } from "./result-file.ts";

const product = { imageId: "ami-12345678", name: "web", snapshotIds: ["snap-12345678"] };
const done: BakedBuild = {
  name: "outscale-chroot.debian",
  outcome: "done",
  runId: "0a1b2c3d4e5f",
  startedAt: Date.parse("2026-01-02T03:04:05Z"),
  elapsedMs: 1_500,
  phases: [{ step: "StepVmInfo", startedAt: Date.parse("2026-01-02T03:04:06Z"), elapsedMs: 10, outcome: "done" }],
  warnings: ["It is slow"],
  artifact: new OmiArtifact({ region: "eu-west-2", product, data: generatedData, destroy: async () => undefined }),
  made: [],
  error: undefined,
};
const failed: BakedBuild = {
  ...done,
  outcome: "failed",
  phases: [],
  runId: undefined,
  artifact: undefined,
  error: new TimeoutError("Too late with SKRESULTTEST", { hint: "Wait longer", resourceId: "vol-12345678" }),
};

const nothing = { results: [], templateFiles: [], io: recordingIo() };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "result-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("writeResultFile()", () => {
  it("writes through no link that somebody put at its temporary name", async () => {
    const [path, victim] = [join(folder, "result.json"), join(folder, "victim")];
    writeFileSync(victim, "untouched");
    symlinkSync(victim, `${path}.${process.pid}.tmp`);
    await writeResultFile(path, nothing);
    expect(lstatSync(path).isFile()).toBe(true);
    expect(readFileSync(victim, "utf8")).toBe("untouched");
  });

  it("tells what was built of what, and what failed, without secrets", async () => {
    secrets.add("SKRESULTTEST");
    const path = join(folder, "result.json");
    const templateFiles = [{ path: "t.pkr.hcl", sha256: "0123ab" }];
    await writeResultFile(path, { ...nothing, results: [done, failed], templateFiles });
    expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({
      formatVersion: 1,
      program: `outscale-chroot ${version}`,
      finishedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      templateFiles: { "t.pkr.hcl": "0123ab" },
      builds: [
        {
          name: "outscale-chroot.debian",
          outcome: "done",
          runId: "0a1b2c3d4e5f",
          startedAt: "2026-01-02T03:04:05.000Z",
          elapsedMs: 1_500,
          artifact: {
            id: "eu-west-2:ami-12345678",
            region: "eu-west-2",
            imageId: "ami-12345678",
            imageName: "web",
            snapshotIds: ["snap-12345678"],
            copies: [],
            isReused: false,
            build: generatedData,
          },
          phases: [{ step: "StepVmInfo", startedAt: "2026-01-02T03:04:06.000Z", elapsedMs: 10, outcome: "done" }],
          warnings: ["It is slow"],
          files: [],
          error: null,
        },
        {
          name: "outscale-chroot.debian",
          outcome: "failed",
          runId: null,
          startedAt: "2026-01-02T03:04:05.000Z",
          elapsedMs: 1_500,
          artifact: null,
          phases: [],
          warnings: ["It is slow"],
          error: {
            code: "E_TIMEOUT",
            exitCode: 11,
            message: "Too late with <sensitive>",
            hint: "Wait longer",
            step: null,
            resourceId: "vol-12345678",
          },
          files: [],
        },
      ],
      error: null,
    });
    expect(readdirSync(folder).sort()).toEqual(["result.json"]);
  });

  it("tells why no build has begun", async () => {
    const path = join(folder, "result.json");
    await writeResultFile(path, { ...nothing, error: new TimeoutError("Too late") });
    expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ builds: [], error: { code: "E_TIMEOUT" } });
  });

  it("says when it cannot be written", async () => {
    await expect(writeResultFile(join(folder, "no", "such"), nothing)).rejects.toThrow("Cannot write the file");
  });
});
