import { expect, test } from "vitest";
import { isBelow, mountOf, mountsBelow, parseMountinfo, unescapeOctal } from "./mountinfo.ts";

const TABLE = `21 1 254:0 / / rw,relatime shared:1 - ext4 /dev/root rw
30 21 7:1 / /mnt/a\\040b rw,nosuid shared:9 master:2 - xfs /dev/loop1 rw,nouuid
45 30 0:40 /@ /mnt/a\\040b/proc rw - proc proc rw
22 45 0:41 / /mnt/a\\040b/proc/x ro - tmpfs tmpfs rw,size=1k
23 21 0:5 / /mnt/a rw - devtmpfs dev rw
`;

test("parseMountinfo() reads ids, paths with spaces, propagation and both sets of options", () => {
  expect(parseMountinfo(TABLE)[1]).toEqual({
    id: 30,
    parentId: 21,
    device: "7:1",
    root: "/",
    mountPoint: "/mnt/a b",
    options: ["rw", "nosuid"],
    propagation: ["shared:9", "master:2"],
    fsType: "xfs",
    source: "/dev/loop1",
    superOptions: ["rw", "nouuid"],
  });
});

test("parseMountinfo() leaves out what is not a whole line", () => {
  expect(parseMountinfo("21 1 254:0 / / rw\n\ngarbage\n")).toEqual([]);
});

test("parseMountinfo() keeps an empty source and no super options", () => {
  expect(parseMountinfo("1 0 0:1 / /x rw - tmpfs  rw\n")[0]).toMatchObject({ source: "", superOptions: ["rw"] });
});

test("mountsBelow() puts the newest mount first, whatever its id", () => {
  expect(mountsBelow(parseMountinfo(TABLE), "/mnt/a b").map(({ id }) => id)).toEqual([22, 45, 30]);
});

test("mountsBelow() compares whole path components", () => {
  expect(mountsBelow(parseMountinfo(TABLE), "/mnt/a").map(({ id }) => id)).toEqual([23]);
});

test.each([
  ["/mnt/a b/proc/x/y", 22],
  ["/mnt/a b/process", 30],
  ["/mnt/a b", 30],
  ["/mnt/other", 21],
])("mountOf(%j) is the innermost mount, %j", (path, id) => {
  expect(mountOf(parseMountinfo(TABLE), path)?.id).toBe(id);
});

test("mountOf() takes the newest of those that hide each other", () => {
  const hidden = `${TABLE}50 23 0:50 / /mnt/a rw,noexec - tmpfs new rw\n`;
  expect(mountOf(parseMountinfo(hidden), "/mnt/a/x")?.source).toBe("new");
  expect(mountOf([], "/mnt/a")).toBeUndefined();
});

test.each([
  ["/mnt/root", "/mnt/root", true],
  ["/mnt/root/dev", "/mnt/root", true],
  ["/mnt/root2", "/mnt/root", false],
  ["/anything", "/", true],
  ["/mnt", "/mnt/root", false],
])("isBelow(%j, %j) is %j", (path, folder, expected) => {
  expect(isBelow(path, folder)).toBe(expected);
});

test("unescapeOctal() turns the kernel's escapes back", () => {
  expect(unescapeOctal("a\\040b\\011c\\012d\\134e\\043")).toBe("a b\tc\nd\\e#");
});
