import { UsageError } from "../../common/errors.ts";
import type { Command } from "../command.ts";
import { actions } from "./local-cloud/actions.ts";
import { environment, stop, wait } from "./local-cloud/background.ts";
import { exportAction, importAction } from "./local-cloud/disks.ts";
import { images, snapshots, volumes } from "./local-cloud/lists.ts";
import { reset } from "./local-cloud/reset.ts";
import { start } from "./local-cloud/start.ts";
import { exportState, importState } from "./local-cloud/state-archive.ts";
import { status } from "./local-cloud/status.ts";
import { trace } from "./local-cloud/trace.ts";

export const localCloud: Command = {
  usage: "local-cloud ACTION [flags] [arguments]",
  about: "An OUTSCALE cloud on this machine, with real disks on loop devices; it needs no network.",
  flags: {},
  examples: ["outscale-chroot local-cloud start -port 3000", "outscale-chroot local-cloud export web web.qcow2"],
  actions: {
    start,
    wait,
    stop,
    env: environment,
    status,
    trace,
    actions,
    images,
    volumes,
    snapshots,
    import: importAction,
    "export-state": exportState,
    "import-state": importState,
    export: exportAction,
    reset,
  },
  run: async () => {
    throw new UsageError("No action is given", { hint: "outscale-chroot local-cloud -help lists them" });
  },
};
