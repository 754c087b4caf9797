import { describe, expect, it } from "vitest";
import { VmFates } from "./vm-fates.ts";

/** The states of the VMs that the account shows; nothing else of them matters. */
function fatesOver(shown: { [vmId: string]: string }, ownVmId: string | null = "i-own") {
  let now = 0;
  const readVms = async () => ({ Vms: Object.entries(shown).map(([VmId, State]) => ({ VmId, State })) });
  const fates = new VmFates({ readVms } as never, ownVmId ?? undefined, { now: () => now });
  return {
    /** Looks after so many seconds. */
    after: (seconds: number) => {
      now += seconds * 1_000;
      return fates.of("i-other");
    },
  };
}

describe("VmFates", () => {
  it.each([
    ["terminated", "gone"],
    ["shutting-down", "there"],
    ["running", "there"],
    ["pending", "there"],
    ["stopping", "there"],
    ["quarantine", "there"],
    ["stopped", "stopped"],
  ])("a VM that is %s is %s", async (state, fate) => {
    expect(await fatesOver({ "i-own": "running", "i-other": state }).after(0)).toBe(fate);
  });

  it("believes absence after five answers over two minutes", async () => {
    const fates = fatesOver({ "i-own": "running" });
    for (const seconds of [0, 30, 30, 30]) expect(await fates.after(seconds)).toBe("unknown");
    expect(await fates.after(29)).toBe("unknown");
    expect(await fates.after(1)).toBe("gone");
  });

  it("does not believe few answers, however long they take", async () => {
    const fates = fatesOver({ "i-own": "running" });
    for (const seconds of [0, 600, 600, 600]) expect(await fates.after(seconds)).toBe("unknown");
    expect(await fates.after(600)).toBe("gone");
  });

  it("begins anew when it is seen between", async () => {
    const shown: { [vmId: string]: string } = { "i-own": "running" };
    const fates = fatesOver(shown);
    for (const seconds of [0, 60, 60, 0]) expect(await fates.after(seconds)).toBe("unknown");
    shown["i-other"] = "running";
    expect(await fates.after(60)).toBe("there");
    delete shown["i-other"];
    for (const seconds of [0, 60, 30, 0]) expect(await fates.after(seconds)).toBe("unknown");
  });

  it("believes no answer that does not show our own VM, or when we are on none", async () => {
    for (const fates of [fatesOver({}), fatesOver({ "i-own": "running" }, null)]) {
      for (let look = 0; look < 10; look++) expect(await fates.after(60)).toBe("unknown");
    }
  });
});
