import { lstat, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { MountError } from "../common/errors.ts";
import type { MountView } from "./mount-view.ts";
import { createFolders, mountFilesystem, removeFolders } from "./mounts.ts";
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

test("createFolders() makes what is missing, for everybody to enter whatever the umask, and says what it made", async () => {
  const umask = process.umask(0o077);
  try {
    await mkdir(join(folder, "a"), { mode: 0o700 });
    const made = await createFolders(join(folder, "a/b/c"));
    expect(made).toEqual([join(folder, "a/b"), join(folder, "a/b/c")]);
    expect((await lstat(join(folder, "a/b/c"))).mode & 0o777).toBe(0o755);
    expect(await createFolders(join(folder, "a/b/c"))).toEqual([]);
  } finally {
    process.umask(umask);
  }
});

test("createFolders() says which folder it could not make", async () => {
  await writeFile(join(folder, "file"), "");
  await expect(createFolders(join(folder, "file/below"))).rejects.toThrow(`"${join(folder, "file/below")}"`);
});

test("removeFolders() removes empty folders alone, innermost first", async () => {
  const made = await createFolders(join(folder, "a/b/c"));
  await writeFile(join(folder, "a/note"), "somebody's");
  await removeFolders(made);
  expect(await readdir(join(folder, "a"))).toEqual(["note"]);
  await removeFolders(made); // what is gone is no problem
});
