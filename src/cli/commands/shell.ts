import { constants } from "node:os";
import { enterRun } from "../../builder/enter-run.ts";
import { UsageError } from "../../common/errors.ts";
import { engineSettings } from "../../config/engine-settings.ts";
import { requireRoot } from "../../host/require-root.ts";
import type { Command } from "../command.ts";
import { type Flags, parseFlags } from "../flags.ts";
import { plainUi } from "../output/plain-ui.ts";

const flagSpecs = {
  state: { type: "string", value: "FOLDER", about: "the folder with the journals of builds" },
} as const satisfies Flags;

export const shell: Command = {
  usage: "shell [flags] RUN [-- COMMAND...]",
  about:
    "Opens a shell in the image of a build: one that waits at a question (-on-error=ask, -debug), or one whose volume\n" +
    "was kept (-on-error=abort). RUN is the id that the build showed. Exits with the shell's exit code.",
  flags: flagSpecs,
  examples: ["outscale-chroot shell 0a1b2c3d4e5f", "outscale-chroot shell 0a1b2c3d4e5f -- cat /etc/fstab"],
  async run({ argv, io }) {
    const { flags, positionals } = parseFlags(flagSpecs, argv);
    requireRoot("A shell in an image needs root: it enters the build's namespaces");
    const [runId, ...command] = positionals;
    if (runId === undefined) throw new UsageError("No run is given", { hint: "A build shows its id when it starts" });
    const stateFolder = flags.state ?? engineSettings(io.env).stateFolder;
    const isOnTerminal = io.stdin.isTerminal && io.stdout.isTerminal;
    // Standard output is the command's alone.
    const ui = { ...plainUi(io), say: (message: string) => io.stderr.write(`${message}\n`) };
    // Ctrl-C is for what runs in the shell.
    const stopListening = io.onSignal(() => undefined);
    try {
      const { code, signal } = await enterRun({ stateFolder, runId, command, isOnTerminal, ui });
      return code ?? 128 + (signal ? constants.signals[signal] : 0);
    } finally {
      stopListening();
    }
  },
};
