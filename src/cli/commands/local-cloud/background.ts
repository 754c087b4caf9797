import { parseDuration } from "../../../common/duration.ts";
import { ExitCode, UsageError } from "../../../common/errors.ts";
import { runningLocalCloud, stopLocalCloud, waitForLocalCloud } from "../../../local-cloud/administer-cloud.ts";
import { LocalCloudError, startHint } from "../../../local-cloud/local-cloud-error.ts";
import type { Command } from "../../command.ts";
import { type Flags, parseFlagsAlone } from "../../flags.ts";
import { exportLines } from "./export-lines.ts";
import { stateFlag, stateFolderOf } from "./state-flag.ts";

const waitFlags = {
  ...stateFlag,
  timeout: { type: "string", value: "DURATION", about: "how long to wait, such as 30s; a minute by default" },
} as const satisfies Flags;

export const wait: Command = {
  usage: "local-cloud wait [flags]",
  about: "Waits until a cloud answers.",
  flags: waitFlags,
  examples: ["outscale-chroot local-cloud wait -timeout 30s"],
  async run({ argv, io }) {
    const flags = parseFlagsAlone(waitFlags, argv);
    const { environment } = await waitForLocalCloud(
      await stateFolderOf(flags, io.env),
      timeoutOf(flags.timeout ?? "1m"),
    );
    io.stderr.write(`The local cloud answers at ${environment.OSC_ENDPOINT_API}\n`);
    return ExitCode.Success;
  },
};

function timeoutOf(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new UsageError(`-timeout must be a duration such as 30s, not "${text}"`);
  return ms;
}

export const stop: Command = {
  usage: "local-cloud stop [flags]",
  about: "Stops the cloud that runs; it keeps everything.",
  flags: stateFlag,
  examples: ["outscale-chroot local-cloud stop"],
  async run({ argv, io }) {
    const flags = parseFlagsAlone(stateFlag, argv);
    const folder = await stateFolderOf(flags, io.env);
    const wasRunning = await stopLocalCloud(folder);
    io.stderr.write(wasRunning ? "The local cloud has stopped\n" : `No local cloud runs on "${folder}"\n`);
    return ExitCode.Success;
  },
};

const environmentFlags = {
  ...stateFlag,
  vm: {
    type: "string",
    value: "NUMBER",
    about: "the VM that the builder stands for, counted from 1; the first by default",
  },
} as const satisfies Flags;

export const environment: Command = {
  usage: "local-cloud env [flags]",
  about: "Prints the environment that builds need to use the cloud that runs, as one of its VMs.",
  flags: environmentFlags,
  examples: ['eval "$(outscale-chroot local-cloud env)"', "outscale-chroot local-cloud env -vm 2"],
  async run({ argv, io }) {
    const flags = parseFlagsAlone(environmentFlags, argv);
    const folder = await stateFolderOf(flags, io.env);
    const server = await runningLocalCloud(folder);
    if (!server) throw new LocalCloudError(`No local cloud runs on "${folder}"`, { hint: startHint() });
    const vm = server.vms[Number(flags.vm ?? 1) - 1];
    if (!vm) throw new UsageError(`-vm must be a number from 1 to ${server.vms.length}, not "${flags.vm}"`);
    const own = {
      OUTSCALE_CHROOT_METADATA_ENDPOINT: vm.metadataEndpoint,
      OUTSCALE_CHROOT_DEVICE_FOLDER: vm.deviceFolder,
    };
    io.stdout.writeExact(exportLines({ ...server.environment, ...own }));
    return ExitCode.Success;
  },
};
