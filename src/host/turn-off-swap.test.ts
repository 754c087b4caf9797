import { expect, test } from "vitest";
import { swapFilesOf } from "./turn-off-swap.ts";

test("swapFilesOf() takes files, with blanks in their names, and no devices", () => {
  const table = `Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority
/dev/sda2                               partition\t1048572\t\t0\t\t-2
/mnt/a\\040b/swapfile                     file\t\t4092\t\t0\t\t-3
`;
  expect(swapFilesOf(table)).toEqual(["/mnt/a b/swapfile"]);
});
