import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { tryFlock } from "../../src/host/flock.ts";
import { hostRunner } from "../../src/host/run-command.ts";
import { type FolderLock, lockFolder } from "../../src/local-cloud/folder/folder-lock.ts";
import { heldRunner } from "../../src/local-cloud/folder/held-runner.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms("flock", "mkfifo");

describe("lockFolder()", () => {
  let folder: string;
  let lock: FolderLock | undefined;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "local-cloud-lock-"));
    lock = await lockFolder(folder);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** A held command that ends when it is told to. */
  function heldCommand({ descriptor }: FolderLock): { end(): void; ended: Promise<string> } {
    const fifo = join(folder, "fifo");
    execFileSync("mkfifo", [fifo]);
    const ended = heldRunner(hostRunner(), descriptor)(["cat", fifo]);
    return { ended, end: () => writeFileSync(fifo, "done") };
  }

  it("is refused at once while a server runs on the folder", async () => {
    const door = { url: "http://127.0.0.1:1", token: "the token", pid: process.pid, environment: {} };
    writeFileSync(join(folder, "control.json"), JSON.stringify(door));
    expect(await lockFolder(folder)).toBeUndefined();
    lock?.release();
  });

  it("waits for a command that a killed server has begun", async () => {
    if (!lock) throw new Error("The folder is new and could not be locked");
    const command = heldCommand(lock);
    // As the kernel does for a process that is killed: our descriptor goes, the command's stays.
    lock.release();
    const other = openSync(join(folder, "lock"), "a");
    expect(await tryFlock(other)).toBe(false);
    closeSync(other);
    const next = lockFolder(folder);
    command.end();
    expect(await command.ended).toBe("done");
    const taken = await next;
    expect(taken).toBeDefined();
    taken?.release();
  });

  it("heldRunner() tells what a failed command said", async () => {
    if (!lock) throw new Error("The folder is new and could not be locked");
    const run = heldRunner(hostRunner(), lock.descriptor);
    await expect(run(["sh", "-c", "echo broken >&2; exit 3"])).rejects.toThrow(/exit code 3.*\n.*broken/s);
    lock.release();
  });
});
