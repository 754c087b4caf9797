import { expect, it } from "vitest";
import { type CleanupCommandInput, cleanupCommand } from "./cleanup-command.ts";

it.each<[Omit<CleanupCommandInput, "env">, string]>([
  [{}, "outscale-chroot cleanup"],
  [{ runId: "0123456789ab" }, "outscale-chroot cleanup 0123456789ab"],
  [{ stateFolder: "/var/lib/here" }, "outscale-chroot cleanup"],
  [{ stateFolder: "/srv/a b", runId: "0123456789ab" }, "outscale-chroot cleanup -state '/srv/a b' 0123456789ab"],
  [{ profile: "prod", runId: "0123456789ab" }, "outscale-chroot cleanup -profile prod 0123456789ab"],
])("cleanupCommand() of %j finds the journal again", (input, expected) => {
  expect(cleanupCommand({ ...input, env: { OUTSCALE_CHROOT_STATE: "/var/lib/here" } })).toBe(expected);
});
