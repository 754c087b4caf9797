import { ExitCode, UsageError } from "../../../common/errors.ts";
import { LOCAL_CLOUD_NEEDS_ROOT, requireRoot } from "../../../host/require-root.ts";
import { quoteWord } from "../../../host/shell-quote.ts";
import { startLocalCloud } from "../../../local-cloud/start-local-cloud.ts";
import { openDebugLog } from "../../../terminal/debug-log.ts";
import { watchStopSignals } from "../../../terminal/signals.ts";
import type { Command } from "../../command.ts";
import { type Flags, parseFlags } from "../../flags.ts";
import { stateFlag, stateFolderOf } from "./state-flag.ts";

const flagSpecs = {
  ...stateFlag,
  port: { type: "string", value: "PORT", about: "the TCP port on 127.0.0.1; a free one by default" },
  socket: { type: "string", value: "FILE", about: "a Unix socket that answers too" },
  latency: { type: "string", choices: ["none", "realistic"], about: "how long calls and changes of state take" },
  region: { type: "string", value: "NAME", about: "the region it is; eu-west-2 by default" },
  lenient: {
    type: "boolean",
    about: "takes unknown fields and filters, and the names of Packer's copies, which the service refuses",
  },
  log: { type: "string", value: "FILE", about: "writes calls and commands there" },
} as const satisfies Flags;

export const start: Command = {
  usage: "local-cloud start [flags]",
  about: "Serves the cloud until it is stopped, and prints the environment that builds need to use it.",
  flags: flagSpecs,
  examples: ["outscale-chroot local-cloud start -port 3000 -latency realistic"],
  async run({ argv, io }) {
    const { flags } = parseFlags(flagSpecs, argv);
    requireRoot(LOCAL_CLOUD_NEEDS_ROOT);
    using log = openDebugLog(flags.log, io);
    using wishes = watchStopSignals(io, () => undefined);
    await using cloud = await startLocalCloud({
      stateFolder: stateFolderOf(flags, io.env),
      log,
      strict: flags.lenient !== true,
      onWarning: (message) => io.stderr.write(`Warning: ${message}\n`),
      ...(flags.port !== undefined && { port: portOf(flags.port) }),
      ...(flags.socket !== undefined && { socketPath: flags.socket }),
      ...(flags.latency !== undefined && { latency: flags.latency }),
      ...(flags.region !== undefined && { region: flags.region }),
    });
    io.stderr.write(`The local cloud answers at ${cloud.endpoint}. Stop it with Ctrl-C; it keeps everything.\n`);
    for (const problem of cloud.status().problems) io.stderr.write(`Warning: ${problem}\n`);
    // The keys are of this machine's own cloud and are meant to be copied: they pass no mask.
    const lines = Object.entries(cloud.environment).map(([name, value]) => `export ${name}=${quoteWord(value)}\n`);
    io.stdout.writeExact(lines.join(""));
    await aborted(wishes.signal);
    return ExitCode.Success;
  },
};

function portOf(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new UsageError(`-port must be a number up to 65535, not "${text}"`);
  return port;
}

/** Keeps the process alive until the signal fires. */
function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const alive = setInterval(() => undefined, 2 ** 30);
    const end = () => {
      clearInterval(alive);
      resolve();
    };
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  });
}
