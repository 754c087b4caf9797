import { describe, expect, it } from "vitest";
import { SandboxError } from "./anchor.ts";
import { CONTAINER_CAPABILITIES, dropWords } from "./container-rights.ts";

const ALL = (1n << 41n) - 1n;
const root = { effective: ALL, bounding: ALL, inheritable: 0n };

/** What is left of the names. */
const dropped = (words: readonly string[]) => words[0]?.replace("--drop=", "").split(",") ?? [];

describe("dropWords()", () => {
  it("drops all that installers do not use, newer rights by their number", () => {
    const names = dropped(dropWords(root));
    expect(names).toHaveLength(41 - CONTAINER_CAPABILITIES.length);
    for (const name of ["cap_sys_admin", "cap_sys_ptrace", "cap_net_admin", "cap_dac_read_search", "38", "40"])
      expect(names).toContain(name);
    for (const name of ["cap_chown", "cap_mknod", "cap_linux_immutable"]) expect(names).not.toContain(name);
  });

  it("leaves what is asked for", () => {
    const names = dropped(dropWords(root, ["SYS_ADMIN", "BPF"]));
    expect(names).not.toContain("cap_sys_admin");
    expect(names).not.toContain("39");
    expect(names).toContain("cap_sys_ptrace");
  });

  it("names no right that this machine's kernel or our own process does not have", () => {
    expect(dropWords({ ...root, bounding: 1n })).toEqual([]);
    expect(dropWords({ ...root, bounding: 1n << 21n })).toEqual(["--drop=cap_sys_admin"]);
    expect(dropWords({ ...root, bounding: 1n << 50n })).toEqual(["--drop=50"]);
  });

  it("is no way to run programs of the image with more rights, where none can be dropped", () => {
    const without = { ...root, effective: ALL & ~(1n << 8n) };
    expect(() => dropWords(without)).toThrow(SandboxError);
    expect(dropWords({ ...without, bounding: 1n })).toEqual([]);
  });

  it("empties what would be inherited", () => {
    expect(dropWords({ ...root, bounding: 0n, inheritable: 1n })).toEqual(["--inh="]);
  });
});
