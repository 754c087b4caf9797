import { mkdtemp, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openConsoleFiles } from "./console-files.ts";

let state: string;
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), "console-files-"));
});
afterEach(() => rm(state, { recursive: true }));

it("openConsoleFiles() makes a folder that is ours alone, and removes a run's files", async () => {
  const files = await openConsoleFiles(state, "0123456789ab");
  expect((await stat(join(state, "consoles"))).mode & 0o777).toBe(0o700);
  expect(files.path("tcg")).toBe(join(state, "consoles/0123456789ab-tcg.log"));
  for (const acceleration of ["kvm", "tcg"] as const) await writeFile(files.path(acceleration), "x");
  await files.remove();
  expect(await readdir(join(state, "consoles"))).toEqual([]);
});

it("openConsoleFiles() keeps the newest, so that with one more there are twenty", async () => {
  const { path } = await openConsoleFiles(state, "first");
  const folder = join(path("tcg"), "..");
  for (let index = 0; index < 30; index += 1) {
    const file = join(folder, `run${index}-tcg.log`);
    await writeFile(file, "x");
    await utimes(file, 1_000 + index, 1_000 + index);
  }
  await openConsoleFiles(state, "next");
  const left = await readdir(folder);
  expect(left.sort()).toEqual(Array.from({ length: 19 }, (_, index) => `run${index + 11}-tcg.log`).sort());
});
