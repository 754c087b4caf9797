import { describe, expect, it } from "vitest";
import { redirectDump } from "./tree-xattrs.ts";

describe("redirectDump()", () => {
  const targets = new Map([
    ["/proc/9/fd/3", "/proc/9/fd/4"],
    ["/proc/9/fd/5", "/proc/9/fd/6"],
  ]);

  const labels = "security.selinux=";

  it("leaves out all that the kernel acts upon, when so told", () => {
    const dump = "# file: /proc/9/fd/3\nsecurity.capability=0x01\nuser.security.a=0x61\n\n";
    expect(redirectDump(dump, targets, "security.")).toBe("# file: /proc/9/fd/4\nuser.security.a=0x61\n");
  });

  it("names the targets and leaves out SELinux labels", () => {
    const dump = [
      "# file: /proc/9/fd/3\nsecurity.selinux=0x00\nuser.a=0x61\nuser.b=\n",
      "# file: /proc/9/fd/5\nsecurity.selinux=0x00\n",
    ].join("\n");
    expect(redirectDump(dump, targets, labels)).toBe("# file: /proc/9/fd/4\nuser.a=0x61\nuser.b=\n");
    expect(redirectDump("# file: /proc/9/fd/5\nuser.a=0x61\n\n", targets, labels)).toBe(
      "# file: /proc/9/fd/6\nuser.a=0x61\n",
    );
  });

  it("is empty when there is nothing to set", () => {
    expect(redirectDump("", targets, labels)).toBe("");
    expect(redirectDump("# file: /proc/9/fd/77\nuser.a=0x61\n\n", targets, labels)).toBe("");
  });
});
