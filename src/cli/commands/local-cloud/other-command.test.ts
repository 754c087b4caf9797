import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { otherCommand } from "./other-command.ts";

describe("otherCommand()", () => {
  it.each<[string | undefined, NodeJS.ProcessEnv, string]>([
    [undefined, {}, ""],
    [undefined, { OUTSCALE_CHROOT_LOCAL_CLOUD: "" }, ""],
    ["/srv/my cloud", {}, " -state '/srv/my cloud'"],
    ["cloud", { OUTSCALE_CHROOT_LOCAL_CLOUD: "/srv/other" }, ` -state ${resolve("cloud")}`],
    [undefined, { OUTSCALE_CHROOT_LOCAL_CLOUD: "other" }, ` -state ${resolve("other")}`],
  ])("of -state %j and %j can be pasted into any shell", (state, env, flags) => {
    expect(otherCommand({ words: ["stop"], state, env })).toBe(`outscale-chroot local-cloud stop${flags}`);
  });
});
