import { expect, it } from "vitest";
import { shortNames } from "./short-names.ts";

it.each<[readonly string[], readonly string[]]>([
  [
    ["outscale-chroot.web", "outscale-chroot.database"],
    ["web     ", "database"],
  ],
  [
    ["a.web", "b.web"],
    ["a.web", "b.web"],
  ],
  [["web"], ["web"]],
  [[`outscale-chroot.${"n".repeat(30)}`], [`${"n".repeat(23)}…`]],
  [[], []],
])("shortNames() of %j are %j", (names, short) => {
  expect([...shortNames(names).values()]).toEqual(short);
});
