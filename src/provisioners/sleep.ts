import { defineProvisioner } from "./define-provisioner.ts";
import { duration } from "./option-types.ts";

/** Waits. */
export const sleep = defineProvisioner({
  type: "sleep",
  options: { duration: duration() },
  check: () => [],
  notCounted: ["duration"],
  run: (options, { clock, signal }) => clock.sleep(options.duration, signal),
});
