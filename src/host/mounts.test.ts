import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { MountError } from "../common/errors.ts";
import type { MountView } from "./mount-view.ts";
import { mountFilesystem } from "./mounts.ts";
import type { CommandRunner } from "./run-command.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mounts-"));
});
afterEach(() => rm(folder, { recursive: true }));

function recordingView(run?: CommandRunner["run"]): { view: MountView; seen: (readonly string[])[] } {
  const seen: (readonly string[])[] = [];
  const runner: CommandRunner = {
    run: async (argv, options) => {
      seen.push(argv);
      return (await run?.(argv, options)) ?? { stdout: "", stderr: "", exitCode: 0 };
    },
    spawn: () => Promise.reject(new Error("not run")),
  };
  return { view: { runner, mountinfoPath: "", rootPrefix: "" }, seen };
}

test("mountFilesystem() gives mount its type and options, and names that begin with a dash as names", async () => {
  const { view, seen } = recordingView();
  await mountFilesystem(view, { source: "-odd", target: "/mnt/a b", type: "xfs", options: ["nouuid", "ro"] });
  await mountFilesystem(view, { source: "/dev/sda1", target: "/mnt/x" });
  expect(seen).toEqual([
    ["mount", "-t", "xfs", "-o", "nouuid,ro", "--", "-odd", "/mnt/a b"],
    ["mount", "--", "/dev/sda1", "/mnt/x"],
  ]);
});

test("mountFilesystem() says what it could not mount where", async () => {
  const { view } = recordingView(() => Promise.reject(new Error("wrong fs type")));
  const attempt = mountFilesystem(view, { source: "/dev/sda1", target: "/mnt/x" });
  await expect(attempt).rejects.toThrow(MountError);
  await expect(attempt).rejects.toMatchObject({ message: 'Cannot mount "/dev/sda1" on "/mnt/x"', target: "/mnt/x" });
});
