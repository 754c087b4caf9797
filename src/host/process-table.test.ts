import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, open, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findOpeners } from "./open-files.ts";
import { isRunning, listProcesses, readCommand } from "./process-table.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "process-table-"));
});
afterEach(() => rm(folder, { recursive: true }));

test("listProcesses() and isRunning() see a process whose name looks like the end of its own entry", async () => {
  const program = join(folder, "a) Z 1 (b");
  await symlink("/bin/sleep", program);
  const child = spawn(program, ["600"], { stdio: "ignore" });
  await once(child, "spawn");
  const info = (await listProcesses()).find(({ pid }) => pid === child.pid);
  if (!info) throw new Error("The process is not listed");
  expect(info.mountNamespace).toMatch(/^mnt:\[\d+\]$/);
  expect(await readCommand(info.pid)).toBe(`${program} 600`);
  expect(await isRunning(info)).toBe(true);
  expect(await isRunning({ ...info, startedAt: 1 })).toBe(false); // another process under the same pid
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(await isRunning(info)).toBe(false);
});

test("findOpeners() names who else has a file open, and not us", async () => {
  const path = join(folder, "file");
  const file = await open(path, "w");
  try {
    const identity = await file.stat();
    expect(await findOpeners(identity)).toEqual([]);
    const child = spawn("sleep", ["600"], { stdio: ["ignore", "ignore", "ignore", file.fd] });
    await once(child, "spawn");
    expect(await findOpeners(identity)).toEqual([`pid ${child.pid} (sleep 600)`]);
    child.kill("SIGKILL");
    await once(child, "exit");
  } finally {
    await file.close();
  }
});
