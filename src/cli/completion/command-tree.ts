import type { Command } from "../command.ts";
import { commands } from "../commands.ts";
import type { Flag } from "../flags.ts";
import { argumentsOf, type CompletedArguments, kindOf, type ValueKind } from "./value-kind.ts";

/** What can be completed: a command or an action of one, with its flags. */
export interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  readonly flags: readonly CompletedFlag[];
  readonly actions: readonly CompletedCommand[];
  readonly arguments: CompletedArguments;
}

export interface CompletedFlag {
  /** Without a dash: `var-file`. */
  readonly name: string;
  readonly about: string;
  /** Undefined for one that takes none. */
  readonly value: ValueKind | undefined;
}

/** Every command with everything below it. */
export async function commandTree(): Promise<readonly CompletedCommand[]> {
  return Promise.all(
    Object.entries(commands).map(async ([name, { summary, load }]) => completed([name], summary, await load())),
  );
}

function completed(
  path: readonly string[],
  summary: string,
  { usage, flags, actions = {} }: Command,
): CompletedCommand {
  const own = Object.entries(flags).map(([name, flag]) => ({ name, about: flag.about, value: valueKind(flag) }));
  return {
    name: path.at(-1) ?? "",
    summary,
    flags: [...own, { name: "help", about: "explains the command", value: undefined }],
    actions: Object.entries(actions).map(([action, inner]) =>
      completed([...path, action], inner.about.split("\n")[0] ?? "", inner),
    ),
    arguments: argumentsOf(usage, path.length),
  };
}

function valueKind({ type, choices, value = "" }: Flag): ValueKind | undefined {
  return type === "boolean" ? undefined : (choices ?? kindOf(value));
}

/** Every command and action with the words that lead to it: `local-cloud start`. */
export function withPaths(
  tree: readonly CompletedCommand[],
  before: readonly string[] = [],
): readonly { readonly path: readonly string[]; readonly command: CompletedCommand }[] {
  return tree.flatMap((command) => {
    const path = [...before, command.name];
    return [{ path, command }, ...withPaths(command.actions, path)];
  });
}
