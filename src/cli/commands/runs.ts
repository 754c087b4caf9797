import { UsageError } from "../../common/errors.ts";
import type { Command } from "../command.ts";
import { listAction } from "./runs/list.ts";
import { openAction } from "./runs/open.ts";
import { removeAction } from "./runs/rm.ts";
import { showAction } from "./runs/show.ts";

export const runs: Command = {
  usage: "runs ACTION [flags] [arguments]",
  about:
    "Shows builds that have ended: each leaves a record of its steps, waits, API calls, warnings and last lines.\n" +
    "RUN is a run's id, or the start of it if no other run begins the same way.",
  flags: {},
  examples: ["outscale-chroot runs list", "outscale-chroot runs show 0a1b2c3d4e5f"],
  actions: { list: listAction, show: showAction, open: openAction, rm: removeAction },
  run: async () => {
    throw new UsageError("No action is given", { hint: "outscale-chroot runs -help lists them" });
  },
};
