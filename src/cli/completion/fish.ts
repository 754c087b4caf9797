import { type CompletedCommand, type CompletedFlag, withPaths } from "./command-tree.ts";

/** A completion for fish, with a description for every command and flag. */
export function fishCompletion(tree: readonly CompletedCommand[]): string {
  const first = tree.map(({ name, summary }) =>
    line("__fish_use_subcommand", ["-f", "-a", name, "-d", quoted(summary)]),
  );
  const rest = withPaths(tree).flatMap(({ path, command }) => {
    const within = `__outscale_chroot_within ${path.join(" ")}`;
    const actions = command.actions.map(({ name, summary }) => line(within, ["-f", "-a", name, "-d", quoted(summary)]));
    return [...actions, ...command.flags.map((flag) => line(within, flagWords(flag)))];
  });
  return `# outscale-chroot in fish: outscale-chroot completion fish | source
function __outscale_chroot_within
    set -l words (commandline -opc)
    set -e words[1]
    set -l first $words[1..(count $argv)]
    test "$first" = "$argv"
end
${[...first, ...rest].join("\n")}
`;
}

function line(condition: string, words: readonly string[]): string {
  return `complete -c outscale-chroot -n ${quoted(condition)} ${words.join(" ")}`;
}

/** A flag of one dash: what fish calls an old option. */
function flagWords({ name, about, takesValue, choices }: CompletedFlag): readonly string[] {
  return [
    "-o",
    name.slice(1),
    ...(takesValue ? ["-r"] : []),
    ...(choices.length > 0 ? ["-f", "-a", quoted(choices.join(" "))] : []),
    "-d",
    quoted(about),
  ];
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
