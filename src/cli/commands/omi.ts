import { UsageError } from "../../common/errors.ts";
import type { Command } from "../command.ts";
import { copyAction } from "./omi/copy.ts";
import { exportAction } from "./omi/export.ts";
import { importAction } from "./omi/import.ts";
import { listAction } from "./omi/list.ts";
import { pruneAction } from "./omi/prune.ts";
import { showAction } from "./omi/show.ts";

export const omi: Command = {
  usage: "omi ACTION [flags] [arguments]",
  about:
    "The account's own OMIs: lists them and what uses them, shows one, copies one into other regions, exports one to a\n" +
    "bucket or imports it from there, and removes old ones with their snapshots.\n" +
    "OMIs in use stay, and prune removes nothing without -yes.",
  flags: {},
  examples: ["outscale-chroot omi list", "outscale-chroot omi prune -name 'web-*' -keep 3 -older-than 30d"],
  actions: {
    list: listAction,
    show: showAction,
    copy: copyAction,
    export: exportAction,
    import: importAction,
    prune: pruneAction,
  },
  run: async () => {
    throw new UsageError("No action is given", { hint: "outscale-chroot omi -help lists them" });
  },
};
