import { quoteWord } from "../../host/shell-quote.ts";
import type { CompletedCommand, CompletedFlag } from "./command-tree.ts";

/** A completion for zsh, with a description for every command and flag. */
export function zshCompletion(tree: readonly CompletedCommand[]): string {
  return `#compdef outscale-chroot
# outscale-chroot in zsh: source <(outscale-chroot completion zsh), or a file _outscale-chroot in a folder of $fpath
_outscale_chroot() {
  local -a names
  if (( CURRENT == 2 )); then
${described(tree, "    ")}
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${tree.map(commandCase).join("\n")}
  esac
}
if [[ $funcstack[1] == _outscale_chroot || $funcstack[1] == _outscale-chroot ]]; then
  _outscale_chroot "$@"
else
  compdef _outscale_chroot outscale-chroot
fi
`;
}

function commandCase(command: CompletedCommand): string {
  const { name, actions, flags } = command;
  if (actions.length === 0) return `    ${name}) ${argumentsOf(flags)} ;;`;
  const inner = actions.map((action) => `        ${action.name}) ${argumentsOf(action.flags)} ;;`);
  return `    ${name})
      if (( CURRENT == 2 )); then
${described(actions, "        ")}
        return
      fi
      local action=$words[2]
      shift words
      (( CURRENT-- ))
      case $action in
${inner.join("\n")}
      esac ;;`;
}

function described(items: readonly CompletedCommand[], indent: string): string {
  const words = items.map(({ name, summary }) => quoteWord(`${name}:${summary}`));
  return `${indent}names=(${words.join(" ")})\n${indent}_describe command names`;
}

function argumentsOf(flags: readonly CompletedFlag[]): string {
  return `_arguments ${[...flags.map(argumentOf), "'*:file:_files'"].join(" ")}`;
}

function argumentOf({ name, about, takesValue, choices }: CompletedFlag): string {
  const text = about.replace(/[[\]\\:]/g, "\\$&");
  const value = choices.length > 0 ? `:value:(${choices.join(" ")})` : ":value:_files";
  // The flag may be repeated, and its value may be joined to it.
  return quoteWord(`*${name}${takesValue ? "=" : ""}[${text}]${takesValue ? value : ""}`);
}
