import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ExitCode } from "../../../common/errors.ts";
import type { Keys } from "../../../local-cloud/accounts.ts";
import { runningLocalCloud, waitForLocalCloud } from "../../../local-cloud/administer-cloud.ts";
import { LocalCloudError } from "../../../local-cloud/local-cloud-error.ts";
import type { Io } from "../../../terminal/io.ts";
import { watchStopSignals } from "../../../terminal/signals.ts";
import { exportLines } from "./export-lines.ts";
import { keyEnvironment } from "./key-flags.ts";
import { otherCommand } from "./other-command.ts";

interface BackgroundInput {
  readonly stateFolder: string;
  /** How the flag names it; undefined where it was not given. */
  readonly state: string | undefined;
  /** Of `local-cloud start`. */
  readonly argv: readonly string[];
  readonly io: Io;
  readonly keys: Keys | undefined;
}

/** Making the first image takes a second; a busy machine takes longer. */
const TIMEOUT_MS = 120_000;
/** Keys go through the environment. */
const NOT_FOR_THE_SERVER = /^--?(?:detach|(?:access|secret)-key)(?:=|$)/;
const HAVE_A_VALUE = /^--?(?:access|secret)-key$/;

/**
 * Starts the server as a process of its own, and prints the environment once it is ready.
 * @throws {LocalCloudError} with what the server said, when it ends instead
 * @throws {CancelledError} when somebody stops it first
 */
export async function startInBackground({ stateFolder, state, argv, io, keys }: BackgroundInput): Promise<number> {
  const command = (name: string) => otherCommand({ words: [name], state, env: io.env });
  if (await runningLocalCloud(stateFolder)) {
    throw new LocalCloudError(`A local cloud runs on "${stateFolder}" already`, {
      hint: `\`${command("env")}\` prints its environment`,
    });
  }
  mkdirSync(stateFolder, { recursive: true, mode: 0o700 });
  const logFile = join(stateFolder, "local-cloud.log");
  const log = openSync(logFile, "w", 0o600);
  // Before there is a child: nobody else would end it.
  using wishes = watchStopSignals(io, () => undefined, "start");
  const child = spawn(process.execPath, [process.argv[1] ?? "", "local-cloud", "start", ...argumentsOf(argv)], {
    detached: true,
    env: { ...io.env, ...keyEnvironment(keys) },
    stdio: ["ignore", "ignore", log],
  });
  closeSync(log);
  const ready = await untilReady(child, stateFolder, wishes.signal);
  if (ready === "ended") throw endedAtOnce(readFileSync(logFile, "utf8"));
  child.unref();
  io.stderr.write(
    `The local cloud answers at ${ready.environment.OSC_ENDPOINT_API}. Stop it with ${command("stop")}\n`,
  );
  const shown = readFileSync(logFile, "utf8").match(FOR_WHO_STARTED) ?? [];
  io.stderr.write(shown.join(""));
  io.stdout.writeExact(exportLines(ready.environment));
  return ExitCode.Success;
}

/** @throws {ChrootError} when it is stopped, or not ready in time: a server whose start was given up does not stay */
async function untilReady(
  child: ChildProcess,
  stateFolder: string,
  signal: AbortSignal,
): Promise<Awaited<ReturnType<typeof waitForLocalCloud>> | "ended"> {
  const ended = new Promise<"ended">((resolve) => {
    child.once("error", () => resolve("ended"));
    child.once("exit", () => resolve("ended"));
  });
  const stopped = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  try {
    return await Promise.race([ended, stopped, waitForLocalCloud(stateFolder, TIMEOUT_MS)]);
  } catch (error) {
    child.kill();
    throw error;
  }
}

/** What the server says in its log of the address of its console. */
export const CONSOLE_LINE = "Its console is at ";
const FOR_WHO_STARTED = new RegExp(`^(?:Warning: |${CONSOLE_LINE}).*\\n`, "gm");

/** What a program of ours says last, as {@link errorText} writes it. */
const SAID = /^Error: (.*?)(?:\n {2}(?:code|step|resource) .*?)*(?:\n {2}hint {6}(.*?))?\n*$/ms;

/** The server's own error, and not an error about an error. */
function endedAtOnce(log: string): LocalCloudError {
  const [, message = log.trim(), hint] = SAID.exec(log) ?? [];
  return new LocalCloudError(`The local cloud has ended at once: ${message}`, { hint });
}

function argumentsOf(argv: readonly string[]): string[] {
  return argv.filter((word, at) => !NOT_FOR_THE_SERVER.test(word) && !HAVE_A_VALUE.test(argv[at - 1] ?? ""));
}
