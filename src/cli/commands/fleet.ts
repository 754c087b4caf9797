import { UsageError } from "../../common/errors.ts";
import type { Command } from "../command.ts";
import { keyAction } from "./fleet/key.ts";

export const fleet: Command = {
  usage: "fleet ACTION [flags] [arguments]",
  about: "What builds with -queue and their workers need: the key that they share.",
  flags: {},
  examples: ["outscale-chroot fleet key fleet.key"],
  actions: { key: keyAction },
  run: async () => {
    throw new UsageError("No action is given", { hint: "outscale-chroot fleet -help lists them" });
  },
};
