import type { Command } from "../command.ts";
import { type Flags, parseFlagsAlone } from "../flags.ts";

const flagSpecs = {
  stdio: { type: "boolean", about: "uses standard input and output: always so, and what editors ask for" },
} as const satisfies Flags;

export const languageServer: Command = {
  usage: "language-server [flags]",
  about:
    "Helps an editor with templates and variable files: problems while you type, completion, what options and functions\n" +
    "mean, definitions, references, rename, layout. Speaks the Language Server Protocol; docs/editors.md has the settings of\n" +
    "VS Code, Neovim and Helix.",
  flags: flagSpecs,
  examples: ["outscale-chroot language-server --stdio"],
  async run({ argv }) {
    parseFlagsAlone(flagSpecs, argv);
    const { runLanguageServer } = await import("../../language-server/start-language-server.ts");
    return runLanguageServer(process.stdin, process.stdout);
  },
};
