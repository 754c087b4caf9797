import { UsageError } from "../../common/errors.ts";
import type { Command } from "../command.ts";
import { install } from "./plugin/install.ts";
import { describeAction, start } from "./plugin/serve.ts";
import { status } from "./plugin/status.ts";
import { uninstall } from "./plugin/uninstall.ts";

export const plugin: Command = {
  usage: "plugin ACTION [flags]",
  about: "The Packer plugin: with it, packer build bakes with this program's engine.",
  flags: {},
  examples: ["outscale-chroot plugin install", "outscale-chroot plugin status -packer /usr/local/bin/packer"],
  actions: { install, status, uninstall, describe: describeAction, start },
  run: async () => {
    throw new UsageError("No action is given", { hint: "outscale-chroot plugin -help lists them" });
  },
};
