import { quoteWord } from "../../host/shell-quote.ts";
import type { CompletedCommand, CompletedFlag } from "./command-tree.ts";
import type { ValueKind } from "./value-kind.ts";

/** A completion for zsh, with a description for every command and flag. */
export function zshCompletion(tree: readonly CompletedCommand[]): string {
  return `#compdef outscale-chroot
# outscale-chroot in zsh: source <(outscale-chroot completion zsh), or a file _outscale-chroot in a folder of $fpath
_outscale_chroot_templates() {
  _alternative 'templates:template:_path_files -g "*.(pkr.hcl|json)"' 'folders:folder:_path_files -/'
}
_outscale_chroot_commands() {
  local -a names
${described(tree, "  ")}
}
_outscale_chroot_actions() {
  local -a names
  case $words[2] in
${tree
  .filter(({ actions }) => actions.length > 0)
  .map(actionsCase)
  .join("\n")}
  esac
}
# Flags have one dash or two: those that are not being written are known, and not offered.
_outscale_chroot_arguments() {
  local one= two='!'
  if [[ $words[CURRENT] == --* ]]; then one='!' two=; fi
  local -a specs
  local spec
  for spec in "$@"; do
    case $spec in
      (-*) specs+=("$one*$spec" "$two*-$spec") ;;
      (*) specs+=("$spec") ;;
    esac
  done
  _arguments $specs
}
_outscale_chroot() {
  if (( CURRENT == 2 )); then
    _outscale_chroot_commands
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

function actionsCase({ name, actions }: CompletedCommand): string {
  return `    ${name})\n${described(actions, "      ")} ;;`;
}

function commandCase(command: CompletedCommand): string {
  const { name, actions } = command;
  if (actions.length === 0) return `    ${name}) ${argumentsOf(command)} ;;`;
  const inner = actions.map(commandCase);
  return `    ${name})
      if (( CURRENT == 2 )); then
        local -a names
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

function argumentsOf({ name, flags, arguments: { kinds, isRepeated } }: CompletedCommand): string {
  const positionals = kinds.map((kind, index) => {
    const place = isRepeated && index === kinds.length - 1 ? "*" : String(index + 1);
    const isAction = name === "help" && index === 1;
    return quoteWord(`${place}:${isAction ? "action:_outscale_chroot_actions" : sourceOf(kind)}`);
  });
  return `_outscale_chroot_arguments ${[...flags.map(flagSpec), ...positionals].join(" ")}`;
}

/** The value may be joined to the flag by `=`, or be the next word. */
function flagSpec({ name, about, value }: CompletedFlag): string {
  const text = about.replace(/[[\]\\:]/g, "\\$&");
  return quoteWord(value === undefined ? `-${name}[${text}]` : `-${name}=[${text}]:${sourceOf(value)}`);
}

/** What is completed, and by what. */
function sourceOf(kind: ValueKind): string {
  switch (kind) {
    case "template":
      return "template:_outscale_chroot_templates";
    case "file":
      return "file:_files";
    case "folder":
      return "folder:_files -/";
    case "command":
      return "command:_outscale_chroot_commands";
    case "nothing":
      return "value: ";
    default:
      return `value:(${kind.join(" ")})`;
  }
}
