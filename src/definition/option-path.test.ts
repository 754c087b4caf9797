import { expect, it } from "vitest";
import { pathsAround } from "./option-path.ts";

it.each([
  ["tags", ["tags"]],
  ["disks[0].size", ["disks[0].size", "disks[0]", "disks"]],
  ["mounts[1][2]", ["mounts[1][2]", "mounts[1]", "mounts"]],
  ["tags.team]x", ["tags.team]x", "tags"]],
  ["tags.a[b", ["tags.a[b", "tags.a", "tags"]],
  ["tags.[", ["tags.[", "tags.", "tags"]],
  ["tags..", ["tags..", "tags.", "tags"]],
  ["tags.a\n]", ["tags.a\n]", "tags"]],
  [".x", [".x"]],
  ["", []],
])("pathsAround() of %j ends, whatever the keys in it are", (path, expected) => {
  expect([...pathsAround(path)]).toEqual(expected);
});
