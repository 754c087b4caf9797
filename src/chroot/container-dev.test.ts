import { mkdtempSync, readdirSync, readlinkSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fillDev } from "./container-dev.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "container-dev-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("fillDev()", () => {
  it("makes places for nodes and mounts, links, and the folders on the way", () => {
    const links = [{ path: "disk/by-label/root", target: "../../xvdf1" }];
    fillDev(folder, { folders: ["pts"], files: ["null", "mapper/control"], links });
    expect(readdirSync(folder).sort()).toEqual(["disk", "mapper", "null", "pts", "shm"]);
    expect(readlinkSync(join(folder, "disk/by-label/root"))).toBe("../../xvdf1");
    expect(statSync(join(folder, "shm")).mode & 0o7777).toBe(0o1777);
  });

  it.each([
    { what: "as of a disk by its id", file: "disk/by-id/data", link: { path: "disk/by-id/data", target: "../../sdb" } },
    { what: "as standard input", file: "stdin", link: { path: "stdin", target: "/proc/self/fd/0" } },
    { what: "or below it", file: "fd/0", link: { path: "fd", target: "/proc/self/fd" } },
  ])("has a device that the template names in the place of a link, $what", ({ file, link }) => {
    fillDev(folder, { folders: [], files: [file], links: [link] });
    expect(statSync(join(folder, file)).isFile()).toBe(true);
  });
});
