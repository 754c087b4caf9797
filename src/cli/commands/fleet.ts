import { UsageError } from "../../common/errors.ts";
import type { Command } from "../command.ts";
import { cancel, drain, retry } from "./fleet/acts.ts";
import { demo } from "./fleet/demo.ts";
import { keyAction } from "./fleet/key.ts";
import { builds, status, workers } from "./fleet/lists.ts";
import { logs } from "./fleet/logs.ts";
import { schedule } from "./fleet/schedule.ts";
import { web } from "./fleet/web.ts";

export const fleet: Command = {
  usage: "fleet ACTION [flags] [arguments]",
  about: "Builds on workers: makes the key that seals them, and shows and controls what runs.",
  flags: {},
  examples: ["outscale-chroot fleet demo", "outscale-chroot fleet key fleet.key", "outscale-chroot fleet builds"],
  actions: { demo, key: keyAction, status, workers, builds, logs, cancel, retry, drain, schedule, web },
  run: async () => {
    throw new UsageError("No action is given", { hint: "outscale-chroot fleet -help lists them" });
  },
};
