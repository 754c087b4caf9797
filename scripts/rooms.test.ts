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

const sources = readdirSync("src", { recursive: true, encoding: "utf8" });

/** Every file or folder that a page names by its path from the top, `src/builder/events.ts` or `tests/support/`; not `NAME.ts`. */
function pathsIn(page: string): string[] {
  const paths = page.matchAll(/(?<![\w./-])(?:src|tests|scripts|bench|docs|examples)\/[\w./@*-]*\w\/?/g);
  return [...paths].map(([path]) => path).filter((path) => !/[A-Z]{2,}|\*/.test(path.replace(/README/, "")));
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

  it("the map names files which are there", () => {
    const files = [...map.matchAll(/`([\w/-]+\.ts)`/g)].flatMap(([, place]) => place ?? []);
    const isThere = (place: string) => sources.some((path) => `/${path}`.endsWith(`/${place.replace(/^src\//, "")}`));
    expect(files.filter((place) => !isThere(place))).toEqual([]);
  });
});

describe("pages", () => {
  it.each(["README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/architecture.md"])(
    "%s names paths which are there",
    (page) => {
      expect(pathsIn(readFileSync(page, "utf8")).filter((path) => !existsSync(path))).toEqual([]);
    },
  );
});
