import { quoteWord } from "../../host/shell-quote.ts";
import { type CompletedCommand, withPaths } from "./command-tree.ts";

/**
 * A completion for bash. The words before the cursor say which command it is in; after a flag with choices come those,
 * and where nothing of ours fits, files.
 */
export function bashCompletion(tree: readonly CompletedCommand[]): string {
  const commands = withPaths(tree);
  const words = commands.map(({ path, command }) => {
    const own = [...command.actions.map(({ name }) => name), ...command.flags.map(({ name }) => name)];
    return `    ${quoteWord(path.join(" "))}) words=${quoteWord(own.join(" "))} ;;`;
  });
  const choices = commands.flatMap(({ path, command }) =>
    command.flags
      .filter(({ choices }) => choices.length > 0)
      .map(({ name, choices }) => {
        return `    ${quoteWord(`${path.join(" ")} ${name}`)}) words=${quoteWord(choices.join(" "))} ;;`;
      }),
  );
  const parents = tree.filter(({ actions }) => actions.length > 0).map(({ name }) => name);
  return `# outscale-chroot in bash: source <(outscale-chroot completion bash)
_outscale_chroot() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} path= words=
  if (( COMP_CWORD > 1 )); then path=\${COMP_WORDS[1]}; fi
  case $path in
    ${parents.join("|")}) if (( COMP_CWORD > 2 )); then path="$path \${COMP_WORDS[2]}"; fi ;;
  esac
  case $path in
    '') words=${quoteWord(tree.map(({ name }) => name).join(" "))} ;;
${words.join("\n")}
  esac
  case "$path $previous" in
${choices.join("\n")}
  esac
  COMPREPLY=()
  while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -W "$words" -- "$current")
}
complete -o bashdefault -o default -F _outscale_chroot outscale-chroot
`;
}
