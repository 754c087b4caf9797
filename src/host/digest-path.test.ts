import { chmod, mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { digestPath } from "./digest-path.ts";

let folder: string;
let tree: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "digest-path-"));
  tree = join(folder, "tree");
  await mkdir(join(tree, "sub"), { recursive: true });
  await writeFile(join(tree, "a"), "one");
  await writeFile(Buffer.concat([Buffer.from(`${tree}/sub/`), Buffer.from([0xff, 0xfe])]), "not UTF-8");
  await symlink("a", join(tree, "link"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it("digestPath() counts neither the path nor times", async () => {
  const before = await digestPath(tree, { modes: true, owners: true });
  await utimes(join(tree, "a"), 1, 1);
  const moved = join(folder, "moved");
  await rename(tree, moved);
  expect(await digestPath(moved, { modes: true, owners: true })).toBe(before);
  await symlink("moved", join(folder, "to-moved"));
  expect(await digestPath(join(folder, "to-moved"), { modes: true, owners: true })).toBe(before);
});

it.each<[string, () => Promise<unknown>]>([
  ["a file's bytes", () => writeFile(join(tree, "a"), "two")],
  ["a new file", () => writeFile(join(tree, "b"), "")],
  ["a new folder", () => mkdir(join(tree, "b"))],
  ["a name", () => rename(join(tree, "a"), join(tree, "b"))],
  ["a place", () => rename(join(tree, "a"), join(tree, "sub/a"))],
  ["a file deep inside", () => writeFile(join(tree, "sub/x"), "x")],
  [
    "where a link leads",
    async () => {
      await rm(join(tree, "link"));
      await symlink("sub", join(tree, "link"));
    },
  ],
  [
    "a link that becomes a file",
    async () => {
      await rm(join(tree, "link"));
      await writeFile(join(tree, "link"), "one");
    },
  ],
])("digestPath() counts %s", async (_, change) => {
  const before = await digestPath(tree);
  await change();
  expect(await digestPath(tree)).not.toBe(before);
});

it("digestPath() counts modes where they are asked for", async () => {
  const before = [await digestPath(tree), await digestPath(tree, { modes: true })];
  await chmod(join(tree, "a"), 0o751);
  const after = [await digestPath(tree), await digestPath(tree, { modes: true })];
  expect(after[0]).toBe(before[0]);
  expect(after[1]).not.toBe(before[1]);
});

it("digestPath() has one digest for nothing, and it is no file's", async () => {
  const nothing = await digestPath(join(folder, "missing"));
  expect(await digestPath(join(folder, "gone"))).toBe(nothing);
  await writeFile(join(folder, "file"), "nothing");
  expect(await digestPath(join(folder, "file"))).not.toBe(nothing);
});

it("digestPath() tells two files from one whose bytes look like both", async () => {
  const [one, two] = [join(folder, "one"), join(folder, "two")];
  await mkdir(one);
  await mkdir(two);
  await writeFile(join(one, "a"), "x");
  await writeFile(join(one, "b"), "y");
  await writeFile(join(two, "a"), 'x["file",null,null,1,null]\ny');
  await writeFile(join(two, "b"), "");
  expect(await digestPath(one)).not.toBe(await digestPath(two));
});
