import type { Command } from "../command.ts";
import { commands } from "../commands.ts";

/** What can be completed: a command or an action of one, with its flags. */
export interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  readonly flags: readonly CompletedFlag[];
  readonly actions: readonly CompletedCommand[];
}

export interface CompletedFlag {
  /** With its dash: `-var-file`. */
  readonly name: string;
  readonly about: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
}

/** Every command with everything below it. */
export async function commandTree(): Promise<readonly CompletedCommand[]> {
  return Promise.all(
    Object.entries(commands).map(async ([name, { summary, load }]) => completed(name, summary, await load())),
  );
}

function completed(name: string, summary: string, { flags, actions = {} }: Command): CompletedCommand {
  const own = Object.entries(flags).map(([flag, { about, type, choices = [] }]) => {
    return { name: `-${flag}`, about, takesValue: type !== "boolean", choices };
  });
  const help = { name: "-help", about: "explains the command", takesValue: false, choices: [] };
  return {
    name,
    summary,
    flags: [...own, help],
    actions: Object.entries(actions).map(([action, inner]) =>
      completed(action, inner.about.split("\n")[0] ?? "", inner),
    ),
  };
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
