import { once } from "node:events";
import { ExitCode } from "../../../common/errors.ts";
import { requireRoot } from "../../../host/require-root.ts";
import { checkPrograms } from "../../../host/required-programs.ts";
import { shellQuote } from "../../../host/shell-quote.ts";
import { makeTemporaryFolder } from "../../../host/temporary-folder.ts";
import type { Io } from "../../../terminal/io.ts";
import type { Command } from "../../command.ts";
import { type Flags, parseFlagsAlone } from "../../flags.ts";
import { endChild, startChild } from "./demo/child.ts";
import type { DemoFleet } from "./demo/demo-fleet.ts";

const flagSpecs = {
  keep: {
    type: "boolean",
    about: "keeps running after the builds until Ctrl-C, and shows how to use it from another shell",
  },
} as const satisfies Flags;

export const demo: Command = {
  usage: "fleet demo [flags]",
  about:
    "Shows a fleet on this machine, and takes it down again.\n" +
    "It has a local cloud, a Redis and two workers in a temporary folder, and bakes two images. Needs root and redis-server; no\n" +
    "account, no network.",
  flags: flagSpecs,
  examples: ["outscale-chroot fleet demo", "outscale-chroot fleet demo -keep"],
  async run({ argv, io }) {
    const flags = parseFlagsAlone(flagSpecs, argv);
    requireRoot("The demo needs root: its workers mount disks");
    await checkPrograms(["build", "local-cloud", "fleet-demo"]);
    const { DemoFleet } = await import("./demo/demo-fleet.ts");
    using wishes = watchStops(io);
    const say = (text: string) => io.stderr.write(`==> ${text}\n`);
    const folder = await makeTemporaryFolder("fleet-demo-");
    try {
      await using fleet = await DemoFleet.start(folder.path, io.env, say);
      const code = await showUnlessDead(fleet, { io, say, stop: wishes.signal, keep: flags.keep });
      say("All is taken down");
      return code;
    } finally {
      await folder.remove();
    }
  },
};

interface ShowInput {
  readonly io: Io;
  readonly say: (text: string) => void;
  readonly stop: AbortSignal;
  /** Fires when there is nothing to show any more: what runs is ended, and nothing else begins. */
  readonly over: AbortSignal;
  readonly keep: boolean | undefined;
}

/**
 * @returns the exit code of the builds
 * @throws {FleetError} when a part of the fleet has died, and what was shown has ended
 */
async function showUnlessDead(fleet: DemoFleet, input: Omit<ShowInput, "over">): Promise<number> {
  const over = new AbortController();
  const shown = show(fleet, { ...input, over: over.signal });
  try {
    return await Promise.race([shown, fleet.died()]);
  } finally {
    over.abort();
    await shown.catch(() => undefined);
  }
}

async function show(fleet: DemoFleet, { io, say, stop, over, keep }: ShowInput): Promise<number> {
  const run = (...argv: readonly string[]) => runShown(argv, { fleet, io, say, stop, over });
  const code = stop.aborted ? ExitCode.Interrupted : await run("build", "-queue", fleet.queue, fleet.template);
  const end = AbortSignal.any([stop, over]);
  for (const list of ["status", "workers", "builds"]) {
    if (end.aborted) return code;
    await run("fleet", list);
  }
  if (keep && !end.aborted) {
    const build = shellQuote(["outscale-chroot", "build", "-queue", fleet.queue, fleet.template]);
    say("The fleet keeps running until Ctrl-C. In another shell:");
    for (const line of [`. ${fleet.environmentFile}`, build, "outscale-chroot fleet builds"])
      io.stderr.write(`    ${line}\n`);
    await fired(end);
  }
  return code;
}

/** Runs a command of ours as a person would, with its line before it. A signal reaches it once, from us. */
async function runShown(
  argv: readonly string[],
  { fleet, io, say, stop, over }: Omit<ShowInput, "keep"> & { readonly fleet: DemoFleet },
): Promise<number> {
  say(`outscale-chroot ${shellQuote(argv)}`);
  const child = startChild([process.execPath, process.argv[1] ?? "", ...argv], {
    env: { ...io.env, ...fleet.environment },
    stdio: ["ignore", "inherit", "inherit"],
  });
  const ended = once(child, "close");
  const interrupt = () => void child.kill("SIGINT");
  const end = () => void endChild(child, ended);
  stop.addEventListener("abort", interrupt, { once: true });
  over.addEventListener("abort", end, { once: true });
  await ended;
  stop.removeEventListener("abort", interrupt);
  over.removeEventListener("abort", end);
  return child.exitCode ?? ExitCode.Failed;
}

function watchStops(io: Io) {
  const stop = new AbortController();
  const end = io.onSignal((name) => {
    if (!stop.signal.aborted) io.stderr.write(`${name}: what runs is stopped, and all is taken down\n`);
    stop.abort();
  });
  return { signal: stop.signal, [Symbol.dispose]: end };
}

/** Keeps the process alive until the signal fires. */
function fired(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
