import { type CompletedCommand, type CompletedFlag, withPaths } from "./command-tree.ts";
import type { ValueKind } from "./value-kind.ts";

/** A completion for fish, with a description for every command and flag. */
export function fishCompletion(tree: readonly CompletedCommand[]): string {
  const first = tree.map(({ name, summary }) => line("__fish_use_subcommand", ["-a", name, "-d", quoted(summary)]));
  const rest = withPaths(tree).flatMap(({ path, command }) => {
    const within = `__outscale_chroot_within ${path.join(" ")}`;
    const actions = command.actions.map(({ name, summary }) =>
      line(`${within}; and __outscale_chroot_at ${path.length}`, ["-a", name, "-d", quoted(summary)]),
    );
    return [
      ...actions,
      ...command.flags.map((flag) => line(within, flagWords(flag))),
      ...joinedValues(within, command),
      ...positionals(within, path, command, tree),
    ];
  });
  return `# outscale-chroot in fish: outscale-chroot completion fish | source
function __outscale_chroot_words
    commandline -opc | string match -v -- '-*'
end
function __outscale_chroot_within
    set -l words (commandline -opc)
    set -e words[1]
    set -l first $words[1..(count $argv)]
    test "$first" = "$argv"
end
# How many words there are, without flags and the program.
function __outscale_chroot_at
    test (count (__outscale_chroot_words)) -eq (math $argv[1] + 1)
end
function __outscale_chroot_templates
    set -l token (commandline -ct)
    __fish_complete_directories $token ''
    for file in $token*.pkr.hcl $token*.json
        echo $file
    end
end
# The values of a flag that is written -flag=value.
function __outscale_chroot_joined
    set -l parts (string match -r -- '^(--?[^=]+=)' (commandline -ct))
    test -n "$parts[2]"; or return
    for value in $argv
        echo $parts[2]$value
    end
end
complete -c outscale-chroot -f
${[...first, ...rest].join("\n")}
`;
}

function line(condition: string, words: readonly string[]): string {
  return `complete -c outscale-chroot -n ${quoted(condition)} ${words.join(" ")}`;
}

/** A flag of one dash is what fish calls an old option, one of two dashes a long one. */
function flagWords({ name, about, value }: CompletedFlag): readonly string[] {
  return ["-o", name, "-l", name, ...(value === undefined ? [] : valueWords(value)), "-d", quoted(about)];
}

function valueWords(kind: ValueKind): readonly string[] {
  switch (kind) {
    case "file":
    case "template":
      return ["-r", "-F"];
    case "folder":
      return ["-x", "-a", quoted("(__fish_complete_directories (commandline -ct) '')")];
    case "command":
    case "nothing":
      return ["-x"];
    default:
      return ["-x", "-a", quoted(kind.join(" "))];
  }
}

/** Of an old option, fish knows no values behind \`=\`. */
function joinedValues(within: string, { flags }: CompletedCommand): readonly string[] {
  return flags.flatMap(({ name, value }) => {
    if (value === undefined || typeof value === "string") return [];
    const condition = `${within}; and string match -q -- '-${name}=*' (commandline -ct)`;
    return [line(condition, ["-a", quoted(`(__outscale_chroot_joined ${value.join(" ")})`)])];
  });
}

function positionals(
  within: string,
  path: readonly string[],
  { name, arguments: { kinds, isRepeated } }: CompletedCommand,
  tree: readonly CompletedCommand[],
): readonly string[] {
  if (name === "help") {
    const at = (index: number) => `${within}; and __outscale_chroot_at ${index}`;
    const ofParents = tree
      .filter(({ actions }) => actions.length > 0)
      .map((parent) => {
        const words = parent.actions.map((action) => action.name).join(" ");
        return line(`__outscale_chroot_within help ${parent.name}; and __outscale_chroot_at 2`, ["-a", quoted(words)]);
      });
    return [line(at(1), ["-a", quoted(tree.map((command) => command.name).join(" "))]), ...ofParents];
  }
  return kinds.flatMap((kind, index) => {
    // Values of flags count as words there: where one argument is all there is, it needs no count.
    const isOpen = kinds.length === 1 || (isRepeated && index === kinds.length - 1);
    const condition = isOpen ? within : `${within}; and __outscale_chroot_at ${path.length + index}`;
    const words = argumentWords(kind);
    return words.length === 0 ? [] : [line(condition, words)];
  });
}

function argumentWords(kind: ValueKind): readonly string[] {
  if (kind === "template") return ["-a", quoted("(__outscale_chroot_templates)")];
  if (kind === "file") return ["-F"];
  return typeof kind === "string" ? [] : ["-a", quoted(kind.join(" "))];
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
