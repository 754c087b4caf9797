import { expect, test } from "vitest";
import { chooseRoots, parseSubvolumes, type Subvolume } from "./btrfs-subvolumes.ts";

test("parseSubvolumes() reads names with blanks, nested ones and parents", () => {
  const text = `ID 256 gen 7 top level 5 parent_uuid -                                    uuid aaaa path @
ID 257 gen 7 top level 256 parent_uuid -                                    uuid bbbb path distros/debian 12
ID 258 gen 8 top level 5 parent_uuid aaaa uuid cccc path a,b
something else
`;
  expect(parseSubvolumes(text)).toEqual([
    { id: 256, path: "@", uuid: "aaaa", parentUuid: undefined },
    { id: 257, path: "distros/debian 12", uuid: "bbbb", parentUuid: undefined },
    { id: 258, path: "a,b", uuid: "cccc", parentUuid: "aaaa" },
  ]);
});

/** `path`, or `path<parent`: a snapshot of the subvolume at `parent`, whether it is there or gone. */
const subvolume = (text: string, index: number): Subvolume => {
  const [path = "", parent] = text.split("<");
  return { id: 256 + index, path, uuid: `uuid of ${path}`, parentUuid: parent && `uuid of ${parent}` };
};

test.each([
  { what: "the only one", systems: ["distros/debian"], roots: ["distros/debian"] },
  { what: "two that have nothing to do with each other", systems: ["one", "two"], roots: ["one", "two"] },
  { what: "a usual name beside a stranger: both", systems: ["@", "distros/debian"], roots: ["@", "distros/debian"] },
  { what: "a usual name among its snapshots", systems: ["@before<@", "@", "snapshots/1<@"], roots: ["@"] },
  { what: "a usual name that was restored from a snapshot", systems: ["old", "snap<old", "@<snap"], roots: ["@"] },
  { what: "a usual name whose original is gone", systems: ["@<gone", "backup<gone"], roots: ["@"] },
  { what: "an unusual name among its snapshots", systems: ["s1<sys", "sys", "s2<s1"], roots: ["sys"] },
  {
    what: "no containers of a system",
    systems: ["sys", "sys/var/lib/machines/web", "sys/.snapshots/1<sys"],
    roots: ["sys"],
  },
  { what: "two with one's name before the other's", systems: ["sys", "sys2"], roots: ["sys", "sys2"] },
  { what: "none", systems: [], roots: [] },
])("chooseRoots(): $what", ({ systems, roots }) => {
  expect(chooseRoots(systems.map(subvolume)).map(({ path }) => path)).toEqual(roots);
});
