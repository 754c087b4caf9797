import { UsageError } from "../../../common/errors.ts";
import type { Command } from "../../command.ts";
import { add } from "./schedule/add.ts";
import { list } from "./schedule/list.ts";
import { rm } from "./schedule/rm.ts";

export const schedule: Command = {
  usage: "fleet schedule ACTION [flags] [arguments]",
  about: "Templates that workers bake again and again, at set times.",
  flags: {},
  examples: ['outscale-chroot fleet schedule add -cron "0 3 * * *" web.pkr.hcl', "outscale-chroot fleet schedule list"],
  actions: { add, list, rm },
  run: async () => {
    throw new UsageError("No action is given", { hint: "outscale-chroot fleet schedule -help lists them" });
  },
};
