import { ExitCode, UsageError } from "../../common/errors.ts";
import type { Command } from "../command.ts";
import { bashCompletion } from "../completion/bash.ts";
import { commandTree } from "../completion/command-tree.ts";
import { fishCompletion } from "../completion/fish.ts";
import { zshCompletion } from "../completion/zsh.ts";
import { parseFlags } from "../flags.ts";

const shells = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion };

export const completion: Command = {
  usage: "completion bash|zsh|fish",
  about:
    "Prints a script that completes commands, actions, flags and their values in a shell:\n" +
    "  bash  source <(outscale-chroot completion bash)    in ~/.bashrc\n" +
    "  zsh   source <(outscale-chroot completion zsh)     in ~/.zshrc, after compinit\n" +
    "  fish  outscale-chroot completion fish | source     in ~/.config/fish/config.fish",
  flags: {},
  examples: ["outscale-chroot completion bash"],
  async run({ argv, io }) {
    const { positionals } = parseFlags({}, argv);
    const [shell = "", ...others] = positionals;
    const write = Object.entries(shells).find(([name]) => name === shell)?.[1];
    if (write === undefined || others.length > 0) {
      const given = positionals.length > 0 ? `, not "${positionals.join(" ")}"` : "";
      throw new UsageError(
        `The shell must be ${Object.keys(shells)
          .join(", ")
          .replace(/, (\w+)$/, " or $1")}${given}`,
      );
    }
    io.stdout.writeExact(write(await commandTree()));
    return ExitCode.Success;
  },
};
