import { describe, expect, it } from "vitest";
import { parsePaths } from "./attributed-paths.ts";

describe("parsePaths()", () => {
  const tree = "/proc/9/fd/3/.";

  it("gives the paths below the tree, and the tree itself as an empty text", () => {
    const listing = `# file: ${tree}\nuser.a\n\n# file: ${tree}/b/c d\nuser.b\nsecurity.capability\n\n`;
    expect([...parsePaths(listing, tree)]).toEqual(["", "b/c d"]);
  });

  it("reads names that are written with numbers", () => {
    const listing = `# file: ${tree}/q\\012z\\134w=\u00c3\u00a9\nuser.a\n\n`;
    expect([...parsePaths(listing, tree)]).toEqual(["q\nz\\w=\u00c3\u00a9"]);
  });

  it("leaves out what has a label of SELinux alone", () => {
    const listing = `# file: ${tree}/a\nsecurity.selinux\n\n# file: ${tree}/b\nsecurity.selinux\nuser.a\n\n`;
    expect([...parsePaths(listing, tree)]).toEqual(["b"]);
  });

  it("is empty when nothing has any", () => {
    expect([...parsePaths("", tree)]).toEqual([]);
  });
});
