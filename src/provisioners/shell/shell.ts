import { randomInt } from "node:crypto";
import { createReadStream } from "node:fs";
import { PassThrough, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { formatDuration } from "../../common/duration.ts";
import { CancelledError, messageOf, throwIfCancelled } from "../../common/errors.ts";
import type { ExitStatus } from "../../host/command-error.ts";
import { quoteWord } from "../../host/shell-quote.ts";
import { defineProvisioner } from "../define-provisioner.ts";
import { formatEnvironment, scriptEnvironment } from "../environment.ts";
import type { ProvisionerInput } from "../provisioner.ts";
import { runInImage } from "../run-in-image.ts";
import { filesOfScripts, scriptPaths } from "../scripts.ts";
import { assertValidExit, DISCONNECTED } from "../valid-exit.ts";
import { withTemporary } from "../with-temporary.ts";
import { checkShell, renderedLate, type ShellOptions, shellShape } from "./options.ts";
import { unixLines } from "./unix-lines.ts";

/** Packer's. */
const DEFAULT_FOLDER = "/tmp";
const RETRY_START_EVERY_MS = 2_000;

/** Runs scripts inside the image. */
export const shell = defineProvisioner({
  type: "shell",
  options: shellShape,
  rendersItself: renderedLate,
  check: checkShell,
  localFiles: filesOfScripts,
  run: runShell,
  notCounted: ["script", "scripts", "start_retry_timeout", "pause_after"],
});

interface Script {
  /** How it is called in messages: its path, or `inline`. */
  readonly name: string;
  open(): Readable;
}

/** One run of the provisioner: its options with the paths that it chose. */
interface ShellRun extends ProvisionerInput {
  readonly options: ShellOptions;
  readonly variableFolder: string;
  readonly scriptPath: string;
  readonly variables: Readonly<Record<string, string>>;
}

async function runShell(options: ShellOptions, input: ProvisionerInput): Promise<void> {
  const { scriptPath, variableFolder } = choosePlaces(options, input.scriptFolder);
  const variables = scriptEnvironment(options, input.build, input.data);
  const run: ShellRun = { ...input, options, scriptPath, variableFolder, variables };
  await withVariableFile(run, async (variableFile) => {
    for (const script of findScripts(run)) await runScript(script, run, variableFile);
  });
  if (!options.pauseAfter) return;
  input.ui.say(`Pausing ${formatDuration(options.pauseAfter)} after this provisioner...`);
  await input.clock.sleep(options.pauseAfter, input.signal);
}

/**
 * Where script and variables go: into the folder in memory, unless the template names a place, or wants to find them in the
 * image afterwards.
 */
function choosePlaces({ remotePath, remoteFolder, remoteFile, skipClean }: ShellOptions, scriptFolder: string) {
  const variableFolder = remoteFolder || (skipClean ? DEFAULT_FOLDER : scriptFolder);
  const folder = remoteFile && !remoteFolder ? DEFAULT_FOLDER : variableFolder;
  return { scriptPath: remotePath || `${folder}/${remoteFile || `script_${unguessable()}.sh`}`, variableFolder };
}

/**
 * The image's /tmp is open to all its users, and with `isolation = "host"` perhaps to those of this machine: who made a
 * file of that name before us would own the script that root runs, or read the variables.
 */
function unguessable(): number {
  return randomInt(2 ** 47);
}

function findScripts({ options }: ShellRun): Script[] {
  const paths = scriptPaths(options);
  if (paths.length > 0) return paths.map((path) => ({ name: path, open: () => createReadStream(path) }));
  const lines = options.inline ?? [];
  const hasShebang = lines[0]?.startsWith("#!") && !options.inlineShebang;
  const shebang = hasShebang ? [] : [`#!${options.inlineShebang || "/bin/sh -e"}`];
  const content = Buffer.from([...shebang, ...lines, ""].join("\n"));
  return [{ name: "inline", open: () => Readable.from([content]) }];
}

async function runScript(script: Script, run: ShellRun, variableFile: string): Promise<void> {
  const { options, ui, scriptPath } = run;
  ui.say(`Provisioning with shell script: ${script.name}`);
  const { command, env } = prepareCommand(run, variableFile);
  await thenClean(scriptPath, run, async () => {
    const status = await retryStart(run, async () => {
      await uploadScript(script, run);
      return await runInImage(command, run, env);
    });
    assertExit(status, script, options);
  });
}

async function uploadScript(script: Script, { options, communicator, scriptPath, signal }: ShellRun): Promise<void> {
  const convert = options.binary ? new PassThrough() : unixLines();
  await pipeline(script.open(), convert, (content: AsyncIterable<Buffer>) =>
    communicator.upload(scriptPath, Readable.from(content), { mode: 0o755, setsMode: true, signal }),
  );
}

/**
 * The line to run and its environment. Without `execute_command` and `env_var_format` the variables travel in the
 * environment of the process and stand on no command line. The shell gives way to the script, whose end is then its own.
 */
function prepareCommand({ options, scriptPath, variables, render }: ShellRun, variableFile: string) {
  const template =
    options.executeCommand ||
    (options.useEnvVarFile ? ". {{.EnvVarFile}} && exec {{.Path}}" : "{{.Vars}}exec {{.Path}}");
  // A template of the user may put the path in quotes of its own.
  const quote = options.executeCommand ? (word: string) => word : quoteWord;
  const inEnvironment = !options.executeCommand && !options.envVarFormat && !options.useEnvVarFile;
  const format = options.envVarFormat ?? (options.useEnvVarFile ? "export %s='%s'\n" : "%s='%s' ");
  const command = render(template, {
    Path: quote(scriptPath),
    EnvVarFile: quote(variableFile),
    Vars: inEnvironment ? "" : formatEnvironment(variables, format),
  });
  return { command, env: inEnvironment ? variables : {} };
}

/** With `use_env_var_file`: the variables in a file of the image that only root can read, while the scripts run. */
async function withVariableFile(run: ShellRun, body: (path: string) => Promise<void>): Promise<void> {
  if (!run.options.useEnvVarFile) return body("");
  const path = `${run.variableFolder}/varfile_${unguessable()}.sh`;
  const content = Buffer.from(formatEnvironment(run.variables, run.options.envVarFormat ?? "export %s='%s'\n"));
  await thenClean(path, run, async () => {
    await retryStart(run, () =>
      run.communicator.upload(path, Readable.from([content]), { mode: 0o600, setsMode: true, signal: run.signal }),
    );
    await body(path);
  });
}

/**
 * Tries again until `start_retry_timeout` has passed. A chroot does not reboot, so nothing is retried without it: a
 * failure here is a full disk or a missing folder.
 */
async function retryStart<T>({ options, clock, signal, ui }: ShellRun, start: () => Promise<T>): Promise<T> {
  const deadline = clock.now() + (options.startRetryTimeout ?? 0);
  for (;;) {
    throwIfCancelled(signal);
    try {
      return await start();
    } catch (error) {
      if (error instanceof CancelledError || signal.aborted || clock.now() >= deadline) throw error;
      ui.error(`Cannot start the script, trying again: ${messageOf(error)}`);
      await clock.sleep(RETRY_START_EVERY_MS, signal);
    }
  }
}

/** A chroot has no connection to lose; the nearest thing is a script that a signal ended. */
function assertExit(status: ExitStatus, script: Script, options: ShellOptions): void {
  const mayDisconnect = options.expectDisconnect || options.validExitCodes?.includes(DISCONNECTED);
  if (status.signal !== null && mayDisconnect) return;
  const { validExitCodes } = options;
  assertValidExit(status, { what: `The script "${script.name}"`, place: "in the image", validExitCodes });
}

function thenClean(path: string, run: ShellRun, body: () => Promise<void>): Promise<void> {
  return run.options.skipClean ? body() : withTemporary(path, run, body);
}
