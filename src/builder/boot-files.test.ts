import { mkdtemp, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BootCheckError } from "../boot/boot-check-error.ts";
import { RootFolder } from "../chroot/root-folder.ts";
import { appendFile } from "./boot-files.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "boot-files-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const { signal } = new AbortController();
const input = (leftBytes: number) => ({
  root: new RootFolder(folder),
  target: join(folder, "target"),
  room: { leftBytes },
  signal,
});

describe("appendFile()", () => {
  it("puts one file of the image behind another", async () => {
    await writeFile(join(folder, "a"), "microcode ");
    await writeFile(join(folder, "b"), "initrd");
    const both = input(16);
    for (const path of ["/a", "/b"]) await appendFile({ ...both, path });
    expect(await readFile(both.target, "utf8")).toBe("microcode initrd");
    expect(both.room.leftBytes).toBe(0);
  });

  it.each([
    { what: "a file that is all holes", paths: ["/holes"] },
    { what: "files that are too large together", paths: ["/small", "/small"] },
  ])("writes no more than it may of $what", async ({ paths }) => {
    await writeFile(join(folder, "holes"), "");
    await truncate(join(folder, "holes"), 1024 ** 4);
    await writeFile(join(folder, "small"), Buffer.alloc(600_000));
    const bounded = input(1_000_000);
    const taken = (async () => {
      for (const path of paths) await appendFile({ ...bounded, path });
    })();
    await expect(taken).rejects.toThrow(BootCheckError);
    expect((await stat(bounded.target)).size).toBeLessThanOrEqual(1_000_000);
  });
});
