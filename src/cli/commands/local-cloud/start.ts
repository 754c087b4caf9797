import { isIP } from "node:net";
import { ExitCode, UsageError } from "../../../common/errors.ts";
import { LOCAL_CLOUD_NEEDS_ROOT, requireRoot } from "../../../host/require-root.ts";
import { startLocalCloud } from "../../../local-cloud/start-local-cloud.ts";
import { openDebugLog } from "../../../terminal/debug-log.ts";
import type { Io } from "../../../terminal/io.ts";
import { watchStopSignals } from "../../../terminal/signals.ts";
import type { Command } from "../../command.ts";
import { type Flags, parseFlagsAlone } from "../../flags.ts";
import { untilAborted } from "../until-aborted.ts";
import { exportLines } from "./export-lines.ts";
import { keyFlags, keysOf } from "./key-flags.ts";
import { otherCommand } from "./other-command.ts";
import { CONSOLE_LINE, startInBackground } from "./start-in-background.ts";
import { stateFlag, stateFolderOf } from "./state-flag.ts";

const flagSpecs = {
  ...stateFlag,
  port: { type: "string", value: "PORT", about: "the TCP port; a free one by default" },
  listen: { type: "string", value: "ADDRESS", about: "the IP address to listen on; 127.0.0.1 by default" },
  socket: { type: "string", value: "FILE", about: "a Unix socket that answers too" },
  detach: { type: "boolean", about: "runs in the background once the cloud is ready; local-cloud stop ends it" },
  memory: {
    type: "boolean",
    about: "keeps disks in memory: for clients of the API; needs no root, and cannot run builds",
  },
  vms: { type: "string", value: "NUMBER", about: "how many VMs there are at least; 1 by default" },
  seed: { type: "string", value: "FOLDER", about: "images, volumes and keys that a new cloud begins with" },
  ...keyFlags,
  latency: { type: "string", choices: ["none", "realistic"], about: "how long calls and changes of state take" },
  region: { type: "string", value: "NAME", about: "the region of the cloud; eu-west-2 by default" },
  regions: {
    type: "string",
    value: "NAME,NAME",
    about: "the regions it has, each with an endpoint, keys, VMs, disks and buckets of its own; existing ones stay",
  },
  lenient: {
    type: "boolean",
    about: "accepts unknown fields and filters, and the names of Packer's copies, which the service refuses",
  },
  web: {
    type: "boolean",
    about: "shows the cloud in a browser: objects, calls, violations, faults; prints the address",
  },
  log: { type: "string", value: "FILE", about: "writes calls and commands to this file" },
} as const satisfies Flags;

const MOST_VMS = 100;
const MOST_PORT = 65_535;

export const start: Command = {
  usage: "local-cloud start [flags]",
  about: "Serves the cloud until it is stopped, and prints the environment that builds need to use it.",
  flags: flagSpecs,
  examples: [
    "outscale-chroot local-cloud start -port 3000 -latency realistic",
    "outscale-chroot local-cloud start -memory -well-known-keys -detach",
    "outscale-chroot local-cloud start -web",
  ],
  async run({ argv, io }) {
    const flags = parseFlagsAlone(flagSpecs, argv);
    if (!flags.memory) requireRoot(`${LOCAL_CLOUD_NEEDS_ROOT}; with -memory it needs none`);
    const stateFolder = await stateFolderOf({ state: flags.state }, io.env);
    const keys = keysOf(flags, io.env);
    const options = {
      stateFolder,
      strict: flags.lenient !== true,
      onWarning: (message: string) => io.stderr.write(`Warning: ${message}\n`),
      ...(flags.port !== undefined && { port: numberOf("port", flags.port, 0, MOST_PORT) }),
      ...(flags.vms !== undefined && { vms: numberOf("vms", flags.vms, 1, MOST_VMS) }),
      ...(flags.listen !== undefined && { listen: addressOf(flags.listen) }),
      ...(flags.socket !== undefined && { socketPath: flags.socket }),
      ...(flags.memory && { blocks: "memory" as const }),
      ...(flags.seed !== undefined && { seed: flags.seed }),
      ...(keys && { keys }),
      ...(flags.latency !== undefined && { latency: flags.latency }),
      ...(flags.region !== undefined && { region: flags.region }),
      ...(flags.regions !== undefined && { regions: regionsOf(flags) }),
    };
    if (flags.detach) return startInBackground({ stateFolder, state: flags.state, argv, io, keys });
    using log = openDebugLog(flags.log, io);
    using wishes = watchStopSignals(io, () => undefined);
    const asked = new AbortController();
    const start = flags.web ? await consoleStarter(io) : startLocalCloud;
    await using cloud = await start({ ...options, log, onStop: () => asked.abort() });
    io.stderr.write(`The local cloud answers at ${cloud.endpoint}. Stop it with Ctrl-C; it keeps everything.\n`);
    for (const { regionName, endpoint } of cloud.regions.slice(1)) {
      const env = otherCommand({ words: ["env", "-region", regionName], state: flags.state, env: io.env });
      io.stderr.write(`Its region ${regionName} answers at ${endpoint}; ${env} has its keys\n`);
    }
    const problems = cloud.regions.flatMap((region) => region.status().problems);
    for (const warning of [...exposure(flags), ...problems]) io.stderr.write(`Warning: ${warning}\n`);
    // The keys are of this machine's own cloud and are meant to be copied: they pass no mask.
    io.stdout.writeExact(exportLines(cloud.environment));
    await untilAborted(AbortSignal.any([wishes.signal, asked.signal]));
    return ExitCode.Success;
  },
};

/** The address of the console has its token and is meant to be copied: it passes no mask. */
async function consoleStarter({ stderr }: Io): Promise<typeof startLocalCloud> {
  const { startCloudWithConsole } = await import("../../../local-cloud/console/start-with-console.ts");
  const onAddress = (url: string) => stderr.writeExact(`${CONSOLE_LINE}${url}\n`);
  const onFailure = (message: string) => stderr.write(`Warning: the console: ${message}\n`);
  return (options) => startCloudWithConsole(options, { onAddress, onFailure });
}

/** What others can reach who are not on this machine. */
function exposure({
  listen,
  "well-known-keys": wellKnown,
}: {
  listen: string | undefined;
  "well-known-keys": boolean | undefined;
}): string[] {
  if (listen === undefined || listen === "::1" || listen.startsWith("127.")) return [];
  const who = wellKnown ? "everybody who can reach it, as the keys are well known" : "everybody who has its keys";
  return [
    `It listens on ${listen}, in clear text: the API is open to ${who}; /health, the metadata of the VMs and ReadRegions to everybody`,
  ];
}

function regionsOf({ region, regions = "" }: { region: string | undefined; regions: string | undefined }): string[] {
  if (region !== undefined)
    throw new UsageError("-region and -regions say the same: the first of -regions is the region");
  return regions.split(",").map((name) => name.trim());
}

function numberOf(flag: string, text: string, least: number, most: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= least && number <= most) return number;
  throw new UsageError(`-${flag} must be a number from ${least} to ${most}, not "${text}"`);
}

function addressOf(text: string): string {
  if (isIP(text) !== 0) return text;
  throw new UsageError(`-listen must be an IP address of this machine, not "${text}"`, {
    hint: "0.0.0.0 is every IPv4 address that it has",
  });
}
