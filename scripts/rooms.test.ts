import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { rooms } from "./rooms.js";

const folders = readdirSync("src", { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? entry.name : []));
const map = readFileSync("docs/architecture.md", "utf8");

/** Every `file.ts` and `folder/` that a page names, in code or as a link. */
function placesIn(page: string): string[] {
  return [...page.matchAll(/[`(]([\w/-]+(?:\.ts|\/))[`)]/g)].flatMap(([, place]) => place ?? []);
}

describe("rooms", () => {
  it("are the folders of src/", () => {
    expect(folders.filter((name) => !(name in rooms))).toEqual([]);
  });

  it.each(folders)("%s has a README that names files which are there, and a line on the map", (name) => {
    const page = readFileSync(join("src", name, "README.md"), "utf8");
    expect(
      placesIn(page).filter((place) => !existsSync(join("src", name, place)) && !existsSync(join("src", place))),
    ).toEqual([]);
    expect(page).toMatch(/\bOpen [`[]/);
    expect(map).toMatch(new RegExp(`^\\| \`${name}/\` .*\\|`, "m"));
  });

  it.each(
    map
      .split("\n")
      .flatMap((line) => /^\| `([\w-]+)\/` \|.*\| `([\w/-]+\.ts)` \|$/.exec(line)?.slice(1).join("/") ?? []),
  )("the map says rightly to open %s", (path) => {
    expect(existsSync(join("src", path))).toBe(true);
  });
});
