import { execFileSync } from "node:child_process";
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { exportLocalImage, exportLocalState } from "./administer-cloud.ts";
import { LocalCloudError } from "./local-cloud-error.ts";
import { type LocalCloud, startLocalCloud } from "./start-local-cloud.ts";

let folder: string;
let state: string;
let cloud: LocalCloud;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "export-places-"));
  state = mkdtempSync(join(tmpdir(), "export-places-state-"));
  execFileSync("mkfifo", [join(folder, "pipe")]);
  symlinkSync("pipe", join(folder, "link"));
  mkdirSync(join(folder, "folder"));
  cloud = await startLocalCloud({ stateFolder: state, blocks: "memory" });
});
afterEach(async () => {
  await cloud.close();
  for (const each of [folder, state]) rmSync(each, { recursive: true });
});

const exporters: readonly (readonly [string, (file: string) => Promise<unknown>])[] = [
  ["exportLocalState()", (file) => exportLocalState(state, file)],
  ["exportLocalImage()", (disk) => exportLocalImage(state, { image: "ami-00000000", disk })],
];

describe("what is exported from a local cloud", () => {
  it.each(exporters)("replaces a plain file alone: %s", async (_, exportTo) => {
    for (const name of ["pipe", "link", "folder"]) {
      const exporting = exportTo(join(folder, name));
      await expect(exporting).rejects.toThrow(LocalCloudError);
      await expect(exporting).rejects.toThrow(/: it is (?:not a plain file|a folder)$/);
    }
    expect(lstatSync(join(folder, "pipe")).isFIFO()).toBe(true);
    expect(lstatSync(join(folder, "link")).isSymbolicLink()).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(["folder", "link", "pipe"]);
  });
});
