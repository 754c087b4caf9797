import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { recordingRunner } from "../../tests/support/builder/recording-runner.ts";
import { detachMarkedLoops, openLoopFile } from "./loop-file.ts";

const owner = { path: "/state/temporary/disk-0123456789ab", fd: 0 };
/** 2^62 + 0x0123456789ab */
const MARK = "4611687269427284395";

let blocks: string;
beforeEach(() => {
  blocks = mkdtempSync(join(tmpdir(), "loop-file-"));
});
afterEach(() => rmSync(blocks, { recursive: true }));

function addLoop(name: string, sizeLimit?: string): void {
  mkdirSync(join(blocks, name, ...(sizeLimit === undefined ? [] : ["loop"])), { recursive: true });
  if (sizeLimit !== undefined) writeFileSync(join(blocks, name, "loop/sizelimit"), `${sizeLimit}\n`);
}

describe("openLoopFile()", () => {
  it("marks the device with its owner's number, and lets go of it once", async () => {
    const runner = recordingRunner(() => ({ stdout: "/dev/loop7\n" }));
    const loop = await openLoopFile(runner, "/a disk", owner);
    expect(loop.device).toBe("/dev/loop7");
    await loop.letGo();
    await loop.letGo();
    expect(runner.lines).toEqual([
      `losetup --read-only --partscan --find --show --sizelimit ${MARK} -- '/a disk'`,
      "losetup --detach /dev/loop7",
    ]);
  });

  it("makes none for an owner that could not be told from others", async () => {
    const runner = recordingRunner();
    await expect(openLoopFile(runner, "/a disk", { path: "/state/disk", fd: 0 })).rejects.toThrow("no random end");
    expect(runner.lines).toEqual([]);
  });
});

describe("detachMarkedLoops()", () => {
  it("detaches what has the owner's mark, and nothing else", async () => {
    addLoop("loop0");
    addLoop("loop1", "0");
    addLoop("loop2", MARK);
    addLoop("loop3", "4611687269427284396");
    addLoop("sda", MARK);
    const runner = recordingRunner();
    expect(await detachMarkedLoops(runner, owner.path, blocks)).toEqual(["/dev/loop2"]);
    expect(runner.lines).toEqual(["losetup --detach /dev/loop2"]);
  });

  it("detaches nothing for a folder without a mark", async () => {
    addLoop("loop1", "0");
    const runner = recordingRunner();
    expect(await detachMarkedLoops(runner, "/state/temporary/left", blocks)).toEqual([]);
    expect(runner.lines).toEqual([]);
  });
});
