import { availableParallelism } from "node:os";
import { defaultCloudFolder } from "../../bake/local-session.ts";
import { ExitCode, UsageError } from "../../common/errors.ts";
import { openDebugLog } from "../../terminal/debug-log.ts";
import type { Io } from "../../terminal/io.ts";
import type { Command } from "../command.ts";
import { type Flags, parseFlagsAlone } from "../flags.ts";
import {
  bundleBucketLimit,
  bundleKeyFlags,
  bundleLimit,
  bundleProfile,
  fleetAccess,
  fleetFlags,
} from "../fleet-flags.ts";
import { plainUi } from "../output/plain-ui.ts";

const flagSpecs = {
  ...fleetFlags,
  slots: { type: "string", value: "N", about: "how many builds run at a time; one per core by default" },
  label: {
    type: "string",
    value: "NAME",
    about: "takes the builds that were submitted with this label, and no others",
  },
  local: { type: "boolean", about: "builds on the embedded local cloud: no account, no network" },
  "local-state": { type: "string", value: "FOLDER", needs: "local", about: "the folder of that local cloud" },
  "bundle-limit": { type: "string", value: "MIB", about: "how large a bundle it takes; 64 by default" },
  ...bundleKeyFlags,
  log: { type: "string", value: "FILE", about: "writes the worker's own API calls to this file" },
} as const satisfies Flags;

export const worker: Command = {
  usage: "worker [flags]",
  about:
    "Bakes the builds that are submitted with build -queue, for the account and region of this machine's credentials.\n" +
    "On SIGTERM it takes no more builds and ends when its own are done. On a second one it hands them back.",
  flags: flagSpecs,
  examples: ["outscale-chroot worker -queue redis://queue.internal:6379 -key /etc/outscale-chroot/fleet.key -slots 2"],
  async run({ argv, io }) {
    const flags = parseFlagsAlone(flagSpecs, argv);
    const { checkName } = await import("../../fleet/queue/place.ts");
    const { runWorker } = await import("../../fleet/worker/run-worker.ts");
    const folder = flags["local-state"] ?? defaultCloudFolder(io.env);
    const [limitBytes, slots, label] = [bundleLimit(flags), slotsOf(flags.slots), checkName("label", flags.label)];
    using log = openDebugLog(flags.log, io);
    using wishes = watchDrain(io);
    await runWorker({
      ...(await fleetAccess(flags, io.env)),
      env: io.env,
      localCloud: flags.local ? folder : undefined,
      ...{ slots, label, limitBytes, log },
      bucketLimitBytes: bundleBucketLimit(flags),
      bundleProfile: bundleProfile(flags, io.env),
      ui: plainUi(io),
      drain: wishes.drain,
      stop: wishes.stop,
    });
    return ExitCode.Success;
  },
};

function slotsOf(text: string | undefined): number {
  if (text === undefined) return availableParallelism();
  if (/^[1-9]\d?$/.test(text)) return Number(text);
  throw new UsageError(`-slots must be a whole number from 1 to 99, not "${text}"`);
}

/** The first signal drains, the second hands back what is left. */
function watchDrain(io: Io) {
  const [drain, stop] = [new AbortController(), new AbortController()];
  const end = io.onSignal((name) => {
    if (!drain.signal.aborted) {
      io.stderr.write(`${name}: no more builds are taken. A second ${name} hands back those that run.\n`);
      drain.abort();
    } else if (!stop.signal.aborted) {
      io.stderr.write(`${name}: the builds stop at their next safe point, clean up, and are handed back.\n`);
      stop.abort();
    }
  });
  return { drain: drain.signal, stop: stop.signal, [Symbol.dispose]: end };
}
