import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Ui } from "../../builder/ui.ts";
import { withoutCredentials } from "../../common/credential-variables.ts";
import { throwIfCancelled } from "../../common/errors.ts";
import type { CommandRunner } from "../../host/run-command.ts";
import { quoteWord } from "../../host/shell-quote.ts";
import type { MakeTemporaryFolder } from "../../host/temporary-folder.ts";
import { formatEnvironment, scriptEnvironment } from "../environment.ts";
import type { BuildIdentity, Render } from "../provisioner.ts";
import { runOnHost } from "../run-on-host.ts";
import { scriptPaths } from "../scripts.ts";
import { assertValidExit } from "../valid-exit.ts";
import type { ShellLocalOptions } from "./options.ts";

export interface LocalScriptsInput {
  readonly ui: Ui;
  readonly local: CommandRunner;
  readonly build: BuildIdentity;
  readonly data: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly makeTemporaryFolder: MakeTemporaryFolder;
  readonly render: Render;
}

const DEFAULT_COMMAND = ["/bin/sh", "-c", "{{.Vars}}exec {{.Script}}"];

/**
 * Runs the scripts on the host, with the environment that the build gives and the variables of the options.
 * @throws {ProvisionError} when one ends with a code that is not valid
 */
export async function runLocalScripts(options: ShellLocalOptions, input: LocalScriptsInput): Promise<void> {
  if (options.onlyOn?.length && !options.onlyOn.includes("linux")) {
    return input.ui.say("Skipping shell-local due to runtime OS");
  }
  const scripts = scriptPaths(options);
  if (scripts.length === 0) return runInline(options, input);
  for (const script of scripts) await runScript({ name: script, path: resolve(script) }, options, input);
}

async function runInline(options: ShellLocalOptions, input: LocalScriptsInput): Promise<void> {
  const lines = options.inline?.length ? options.inline : [options.command ?? ""];
  const extension = options.tempfileExtension?.replace(/^\./, "");
  const folder = await input.makeTemporaryFolder("packer-shell-");
  try {
    const path = join(folder.path, extension ? `script.${extension}` : "script");
    const text = [`#!${options.inlineShebang || "/bin/sh -e"}`, ...lines, ""].join("\n");
    await writeFile(path, text, { mode: 0o700 });
    await runScript({ name: "inline", path }, options, input);
  } finally {
    await folder.remove();
  }
}

async function runScript(
  script: { readonly name: string; readonly path: string },
  options: ShellLocalOptions,
  input: LocalScriptsInput,
): Promise<void> {
  throwIfCancelled(input.signal);
  const { argv, env, withheld } = prepareCommand(script.path, options, input);
  input.ui.say(`Running local shell script: ${script.name}`);
  const status = await runOnHost(argv, env, input);
  const { validExitCodes } = options;
  const what = `The local script "${script.name}"`;
  assertValidExit(status, { what, place: "on this machine", validExitCodes, withheld });
}

/**
 * As for `shell`: without a format or command of the user, the variables stand on no command line. The script
 * has what this program's environment has, without the account's credentials unless it asks for them by name.
 */
function prepareCommand(path: string, options: ShellLocalOptions, { build, data, render }: LocalScriptsInput) {
  const variables = scriptEnvironment(options, build, data);
  const isOwn = options.executeCommand !== undefined && options.executeCommand.length > 0;
  const template = isOwn ? options.executeCommand : DEFAULT_COMMAND;
  const script = isOwn ? path : quoteWord(path);
  const inEnvironment = !isOwn && !options.envVarFormat;
  const late = {
    Vars: inEnvironment ? "" : formatEnvironment(variables, options.envVarFormat || "%s='%s' "),
    Script: script,
    Command: script,
  };
  const { env: own, withheld } = withoutCredentials(build.environment ?? process.env, options.passEnvironment);
  return { argv: template.map((word) => render(word, late)), env: { ...own, ...variables }, withheld };
}
