import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { borrowPath } from "./borrowed-path.ts";
import { LentFolder } from "./folder-times.ts";
import { RootFolder } from "./root-folder.ts";

const LONG_AGO_S = 1_000_000_000;

let folder: string;
let root: RootFolder;
let etc: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "folder-times-"));
  etc = join(folder, "image/etc");
  mkdirSync(etc, { recursive: true });
  utimesSync(etc, LONG_AGO_S, LONG_AGO_S);
  root = new RootFolder(join(folder, "image"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const modified = () => statSync(etc).mtimeMs / 1_000;

/** From here on touch(1) fails as it would on a file system that keeps no times. */
function breakTouch(): void {
  const programs = join(folder, "programs");
  mkdirSync(programs);
  writeFileSync(join(programs, "touch"), "#!/bin/sh\necho 'touch: no times here' >&2\nexit 1\n", { mode: 0o755 });
  vi.stubEnv("PATH", `${programs}:${process.env.PATH}`);
}

/** Lends a folder, and gives it back. @returns what was warned of */
function lendAndGiveBack(): string[] {
  const warnings: string[] = [];
  const lent = new LentFolder(root, "/etc/made");
  mkdirSync(join(etc, "made"));
  lent.noteMade();
  lent.afterRemoving(
    () => rmSync(join(etc, "made"), { recursive: true }),
    (message) => warnings.push(message),
  );
  return warnings;
}

describe("LentFolder", () => {
  it("gives a folder its time again", () => {
    expect(lendAndGiveBack()).toEqual([]);
    expect(modified()).toBe(LONG_AGO_S);
  });

  it("warns, and goes on, when the time cannot be set", () => {
    breakTouch();
    expect(lendAndGiveBack()).toEqual([
      'The folder "/etc" of the image has a new time of modification: touch: no times here',
    ]);
    expect(readdirSync(etc)).toEqual([]);
  });
});

describe("borrowPath()", () => {
  it("gives a path back when the folder's time cannot be set", () => {
    writeFileSync(join(etc, "resolv.conf"), "its own");
    const file = {
      content: Buffer.from("lent"),
      mode: 0o644,
      uid: process.getuid?.() ?? 0,
      gid: process.getgid?.() ?? 0,
    };
    const borrowed = borrowPath(root, "/etc/resolv.conf", file);
    breakTouch();
    const warnings: string[] = [];
    expect(borrowed.restore((message) => warnings.push(message))).toBe("restored");
    expect(warnings).toEqual([expect.stringContaining("touch: no times here")]);
    expect(readdirSync(etc)).toEqual(["resolv.conf"]);
  });
});
