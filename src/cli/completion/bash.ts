import { quoteWord } from "../../host/shell-quote.ts";
import { type CompletedCommand, withPaths } from "./command-tree.ts";
import type { ValueKind } from "./value-kind.ts";

/**
 * A completion for bash. The words before the cursor say which command it is in and which argument comes; after a flag
 * with a value come its values, also behind `=`, which bash takes for a word of its own.
 */
export function bashCompletion(tree: readonly CompletedCommand[]): string {
  const commands = withPaths(tree);
  const parents = commands.filter(({ command }) => command.actions.length > 0).map(({ path }) => path.join(" "));
  const flags = commands.map(({ path, command }) => {
    return caseOf(path.join(" "), command.flags.map(({ name }) => `-${name}`).join(" "));
  });
  flags.unshift(caseOf("", "-help -version"));
  const values = commands.flatMap(({ path, command }) =>
    command.flags.flatMap(({ name, value }) =>
      value === undefined ? [] : [caseOf(`${path.join(" ")} -${name}`, sourceOf(value, tree))],
    ),
  );
  const positionals = [
    caseOf("@0", sourceOf("command", tree)),
    ...commands.flatMap(({ path, command }) => argumentCases(path, command, tree)),
  ];
  return `# outscale-chroot in bash: source <(outscale-chroot completion bash)
_outscale_chroot_flags() {
  case $1 in
${flags.join("\n")}
  esac
}
_outscale_chroot_value() {
  case $1 in
${values.join("\n")}
    *) source=; return 1 ;;
  esac
}
_outscale_chroot_argument() {
  local which=$1
  if [[ $1 == help@1 ]]; then which="$1 $2"; fi
  case $which in
${positionals.join("\n")}
    *) source= ;;
  esac
}
_outscale_chroot_from() {
  case $1 in
    @template) compgen -d -- "$2"; compgen -f -X '!*.pkr.hcl' -- "$2"; compgen -f -X '!*.json' -- "$2" ;;
    @file) compgen -f -- "$2" ;;
    @folder) compgen -d -- "$2" ;;
    *) compgen -W "$1" -- "$2" ;;
  esac
}
_outscale_chroot() {
  local current=\${COMP_WORDS[COMP_CWORD]} source= joined= path= count=0 last= word flag= i
  for (( i = 1; i < COMP_CWORD; i++ )); do
    word=\${COMP_WORDS[i]}
    if [[ $word == -* ]]; then
      flag=\${word#-}; flag=-\${flag#-}
      if [[ $word == *=* ]] || ! _outscale_chroot_value "$path $flag"; then flag=; fi
    elif [[ $word == = ]]; then :
    elif [[ -n $flag ]]; then flag=
    elif [[ -z $path ]]; then path=$word
    else
      case $path in
        ${parents.map(quoteWord).join("|")}) path="$path $word" ;;
        *) count=$(( count + 1 )); last=$word ;;
      esac
    fi
  done
  source=
  if [[ $current == = ]]; then current=; fi
  if [[ -z $flag && $current == -*=* ]]; then
    flag=\${current#-}; flag=-\${flag#-}; flag=\${flag%%=*}
    joined=\${current%%=*}=; current=\${current#*=}
  fi
  if [[ -n $flag ]]; then _outscale_chroot_value "$path $flag"
  elif [[ $current == -* ]]; then
    _outscale_chroot_flags "$path"
    if [[ $current == --* ]]; then source=-\${source// -/ --}; fi
  else _outscale_chroot_argument "$path@$count" "$last"
  fi
  COMPREPLY=()
  while IFS= read -r word; do COMPREPLY+=("$joined$word"); done < <(_outscale_chroot_from "$source" "$current" | sort -u)
  if [[ $source == @* ]]; then compopt -o filenames 2>/dev/null; fi
}
complete -F _outscale_chroot outscale-chroot
`;
}

function caseOf(pattern: string, source: string): string {
  return `    ${quoteWord(pattern)}) source=${quoteWord(source)} ;;`;
}

/** Where the words come from: a mark for the file system, or the words themselves. */
function sourceOf(kind: ValueKind, tree: readonly CompletedCommand[]): string {
  if (kind === "command") return tree.map(({ name }) => name).join(" ");
  if (kind === "nothing") return "";
  return typeof kind === "string" ? `@${kind}` : kind.join(" ");
}

/** The arguments of a command, by their number; actions first, and those of `help` too. */
function argumentCases(
  path: readonly string[],
  command: CompletedCommand,
  tree: readonly CompletedCommand[],
): string[] {
  const name = path.join(" ");
  const actions = command.actions.map((action) => action.name).join(" ");
  if (actions !== "") return [caseOf(`${name}@0`, actions), caseOf(`help@1 ${name}`, actions)];
  const { kinds, isRepeated } = command.arguments;
  return kinds.map((kind, index) => {
    const isOpen = isRepeated && index === kinds.length - 1;
    return isOpen
      ? `    ${quoteWord(`${name}@`)}*) source=${quoteWord(sourceOf(kind, tree))} ;;`
      : caseOf(`${name}@${index}`, sourceOf(kind, tree));
  });
}
