import { expect, it } from "vitest";
import { parseMountinfo } from "../host/mountinfo.ts";
import { pairCopies } from "./mount-window.ts";

const isWindow = ({ source, mountPoint }: { source: string; mountPoint: string }) =>
  source === "window" && mountPoint === "/m";
const base = (id: number) => `${id} 1 0:40 / /m rw - tmpfs window rw`;
const root = (id: number, on: number) => `${id} ${on} 7:0 / /m rw - ext4 /dev/loop0 rw`;
const proc = (id: number, on: number) => `${id} ${on} 0:21 / /m/proc rw - proc proc rw`;
const scratch = (id: number, on: number) => `${id} ${on} 0:50 / /m/tmp rw - tmpfs scratch rw`;

it.each([
  [
    "finds each copy on the copy of what it is on",
    [base(1), root(2, 1), proc(3, 2)],
    [base(11), root(12, 11), proc(13, 12)],
    [12, 13],
  ],
  ["does not count the window itself", [base(1)], [base(11)], []],
  ["finds nothing without a window outside", [base(1), root(2, 1)], [root(12, 11)], []],
  ["leaves out what is outside alone", [base(1), root(2, 1)], [base(11), root(12, 11), scratch(13, 12)], [12]],
  ["leaves out what is inside alone", [base(1), root(2, 1), scratch(3, 2)], [base(11), root(12, 11)], [12]],
  [
    "leaves out a second mount of the same on top",
    [base(1), root(2, 1), proc(3, 2)],
    [base(11), root(12, 11), proc(13, 12), proc(14, 13)],
    [12, 13],
  ],
  [
    "leaves out the same at the same place on a mount of somebody else",
    [base(1), root(2, 1), proc(3, 2)],
    [base(11), root(12, 11), scratch(13, 12), proc(14, 13)],
    [12],
  ],
  [
    "leaves out another file system at the same place",
    [base(1), root(2, 1), scratch(3, 2)],
    [base(11), root(12, 11), "13 12 0:51 / /m/tmp rw - tmpfs scratch rw"],
    [12],
  ],
])("pairCopies() %s", (_rule, inside, outside, ids) => {
  const table = (lines: readonly string[]) => parseMountinfo(lines.join("\n"));
  const copies = pairCopies({ inside: table(inside), outside: table(outside), isWindow });
  expect(copies.map(({ id }) => id)).toEqual(ids);
});
