import { expect, it } from "vitest";
import { unfinished } from "./unfinished.ts";

it.each([
  ["volume", "a volume whose creation was not finished"],
  ["image", "an OMI whose creation was not finished"],
  ["region-snapshot", "a snapshot in another region whose creation was not finished"],
  ["region-imported-image", "an import in another region whose creation was not finished"],
  ["exported-objects", "an export whose creation was not finished"],
])("unfinished() tells of %s in plain words", (kind, words) => {
  expect(unfinished(kind)).toBe(words);
});
