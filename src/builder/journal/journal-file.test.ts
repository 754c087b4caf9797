import { closeSync, mkdtempSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { journalDisk } from "../../../tests/support/builder/journal-disk.ts";
import { JournalError } from "./journal-error.ts";
import { createFile, type DiskCalls, isAt, JournalFile } from "./journal-file.ts";

let folder: string;
let path: string;
let fd: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "journal-file-"));
  path = join(folder, "run.jsonl");
  fd = createFile(path);
});
afterEach(() => {
  closeSync(fd);
  rmSync(folder, { recursive: true });
});

const full = () => Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });

/** A disk with room for so many bytes, which takes at most three of them at a time. */
function smallDisk(room: number, changes: Partial<DiskCalls> = {}): DiskCalls {
  return journalDisk({
    write: (file, bytes, offset) => {
      if (room === 0) throw full();
      const count = writeSync(file, bytes, offset, Math.min(3, room, bytes.length - offset));
      room -= count;
      return count;
    },
    ...changes,
  });
}

const text = () => readFileSync(path, "utf8");

describe("JournalFile.append()", () => {
  it("writes a line in as many pieces as the disk takes", () => {
    new JournalFile(path, fd, smallDisk(100)).append("first line\n");
    expect(text()).toBe("first line\n");
  });

  it.each([0, 1, 5, 10])("leaves nothing of a line that did not fit (%i bytes were free)", (room) => {
    const file = new JournalFile(path, fd, smallDisk(6 + room));
    file.append("first\n");
    expect(() => file.append("second line\n")).toThrow(JournalError);
    expect(text()).toBe("first\n");
  });

  it("leaves nothing of a line that did not reach the disk", () => {
    const sync = () => {
      throw Object.assign(new Error("EIO: i/o error, fsync"), { code: "EIO" });
    };
    const file = new JournalFile(path, fd, smallDisk(100, { sync }));
    expect(() => file.append("line\n")).toThrow("EIO");
    expect(text()).toBe("");
  });

  it("takes nothing more once a line is cut short and stays so", () => {
    let isStuck = true;
    const truncate = () => {
      if (isStuck) throw new Error("EIO: i/o error, ftruncate");
    };
    const file = new JournalFile(path, fd, smallDisk(4, { truncate }));
    expect(() => file.append("line\n")).toThrow(JournalError);
    isStuck = false;
    expect(() => file.append("x")).toThrow("an earlier line is cut short");
  });

  it("announces nothing without room for what has to follow", () => {
    const file = new JournalFile(path, fd, smallDisk(1_000, { reserve: () => "full" }));
    expect(() => file.append("intent\n", 16_000)).toThrow("there is no space for it");
    expect(text()).toBe("");
    file.append("result\n");
    expect(text()).toBe("result\n");
  });

  it("reserves more only when what is reserved runs out", () => {
    const reserved: number[] = [];
    const reserve = (_file: number, bytes: number) => {
      reserved.push(bytes);
      return "reserved" as const;
    };
    const file = new JournalFile(path, fd, smallDisk(Number.POSITIVE_INFINITY, { reserve }));
    for (let line = 0; line < 60; line++) file.append(`${"x".repeat(999)}\n`, 16_000);
    expect(reserved).toEqual([65_536, 131_072]);
  });

  it("needs no more when space was reserved before", async () => {
    const reserve = () => {
      throw new Error("It stood still");
    };
    const file = new JournalFile(path, fd, smallDisk(1_000, { reserve, reserveAside: async () => "reserved" }));
    await file.reserve();
    file.append("line\n", 16_000);
    expect(text()).toBe("line\n");
    const full = new JournalFile(path, fd, smallDisk(1_000, { reserveAside: async () => "full" }));
    await expect(full.reserve()).rejects.toThrow("there is no space for it");
  });

  it("reserves real space aside without changing what is read", async () => {
    const file = new JournalFile(path, fd);
    await file.reserve();
    file.append("line\n", 16_000);
    expect(text()).toBe("line\n");
    expect(statSync(path).blocks * 512).toBeGreaterThanOrEqual(65_536);
  });

  it("reserves real space without changing what is read", () => {
    const file = new JournalFile(path, fd);
    file.append("line\n", 16_000);
    expect(text()).toBe("line\n");
  });
});

describe("JournalFile.appendLazily()", () => {
  it("leaves the line to the next one that must be on disk", () => {
    let synced = 0;
    const file = new JournalFile(path, fd, smallDisk(100, { sync: () => void synced++ }));
    file.appendLazily("a\n");
    file.appendLazily("b\n");
    expect([text(), synced]).toEqual(["a\nb\n", 0]);
    file.append("c\n");
    expect([text(), synced]).toEqual(["a\nb\nc\n", 1]);
  });

  it("leaves nothing of a line that did not fit", () => {
    const file = new JournalFile(path, fd, smallDisk(8));
    file.appendLazily("first\n");
    expect(() => file.appendLazily("second\n")).toThrow(JournalError);
    expect(text()).toBe("first\n");
  });

  it("writes again what the disk has refused, since the kernel would not", () => {
    const written: string[] = [];
    let fails = false;
    const disk = journalDisk({
      write: (file, bytes, offset) => {
        written.push(bytes.toString());
        return writeSync(file, bytes, offset);
      },
      sync: () => {
        if (fails) throw new Error("EIO: i/o error, fsync");
      },
    });
    const file = new JournalFile(path, fd, disk);
    file.append("first\n");
    file.appendLazily("second\n");
    fails = true;
    expect(() => file.append("third\n")).toThrow("EIO");
    expect(text()).toBe("first\nsecond\n");
    fails = false;
    written.length = 0;
    file.append("fourth\n");
    expect(written).toEqual(["second\n", "fourth\n"]);
    expect(text()).toBe("first\nsecond\nfourth\n");
    written.length = 0;
    file.append("fifth\n");
    expect(written).toEqual(["fifth\n"]);
  });

  it("holds what it could not write again for the next try", () => {
    let room = Number.POSITIVE_INFINITY;
    let fails = false;
    const disk = journalDisk({
      write: (file, bytes, offset) => {
        if (room < bytes.length) throw full();
        return writeSync(file, bytes, offset);
      },
      sync: () => {
        if (fails) throw new Error("EIO: i/o error, fsync");
      },
    });
    const file = new JournalFile(path, fd, disk);
    file.appendLazily("first\n");
    fails = true;
    expect(() => file.append("second\n")).toThrow("EIO");
    room = 0;
    expect(() => file.appendLazily("third\n")).toThrow("ENOSPC");
    expect(text()).toBe("");
    room = Number.POSITIVE_INFINITY;
    fails = false;
    file.append("fourth\n");
    expect(text()).toBe("first\nfourth\n");
  });
});

describe("isAt()", () => {
  it("tells the open file from another that took its name", () => {
    expect(isAt(path, fd)).toBe(true);
    rmSync(path);
    expect(isAt(path, fd)).toBe(false);
    closeSync(createFile(path));
    expect(isAt(path, fd)).toBe(false);
  });
});
