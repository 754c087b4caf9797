import { describe, expect, it } from "vitest";
import { build, define } from "../../tests/support/provisioners/provisioning.ts";
import { filesOfProvisioners } from "./files-of-provisioners.ts";
import { placeholderData } from "./late-values.ts";

describe("filesOfProvisioners()", () => {
  const provisioners = [
    define("shell", { scripts: ["/bin/sh", "/bin/true"] }),
    define("shell", { inline: ["true"] }),
    define("file", { sources: ["/bin", "/etc/hostname"], destination: "/srv/" }),
    define("file", { source: "/etc/x", destination: "/tmp/", direction: "download" }),
    define("shell-local", { script: "/bin/false" }),
  ];

  it("are scripts, sources of uploads", () => {
    const known = ["/bin/sh", "/bin/true", "/bin", "/etc/hostname", "/bin/false"];
    expect(filesOfProvisioners({ provisioners }, build)).toEqual(known);
    const data = { ...placeholderData, ID: "self" };
    const late = define("shell-local", (values) => ({ script: `/proc/${values.ID}/comm` }));
    expect(filesOfProvisioners({ provisioners: [late] }, build)).toEqual([]);
    expect(filesOfProvisioners({ provisioners: [late] }, build, data)).toEqual(["/proc/self/comm"]);
  });

  it.each([
    ["shell", { script: "/nowhere/x" }],
    ["shell-local", { scripts: ["/nowhere/x"] }],
    ["file", { source: "/nowhere/x", destination: "/tmp/" }],
    ["ansible", { playbook_file: "/nowhere/x" }],
  ])("names a file of %s that is gone", (type, options) => {
    expect(filesOfProvisioners({ provisioners: [define(type, options)] }, build)).toEqual(["/nowhere/x"]);
  });
});
