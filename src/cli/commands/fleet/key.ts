import { closeSync, fsyncSync, openSync, writeFileSync } from "node:fs";
import { ExitCode, messageOf, UsageError } from "../../../common/errors.ts";
import type { Command } from "../../command.ts";
import { parseFlags } from "../../flags.ts";

export const keyAction: Command = {
  usage: "fleet key FILE",
  about:
    "Makes a fleet key and writes it to a new file that only its owner can read. Jobs are sealed with it: submitters and\n" +
    "workers need the same one, and everybody who has it can run builds on the workers, as root.",
  flags: {},
  examples: ["outscale-chroot fleet key fleet.key"],
  async run({ argv, io }) {
    const { positionals } = parseFlags({}, argv);
    const [file, ...others] = positionals;
    if (file === undefined || others.length > 0) {
      throw new UsageError("fleet key takes one argument, the file to be written", {
        hint: "outscale-chroot fleet key fleet.key",
      });
    }
    const { makeKeyText, parseKeys, KEY_FILE_VARIABLE } = await import("../../../fleet/seal/fleet-key.ts");
    const text = makeKeyText();
    const [{ id }] = parseKeys(text, file);
    writeNew(file, `${text}\n`);
    io.stdout.write(
      `The key ${id} is in ${file}. Give the file to submitters and workers, and name it by -key or ${KEY_FILE_VARIABLE}.\n`,
    );
    return ExitCode.Success;
  },
};

/** Never over another key: what was sealed with it could not be opened any more. */
function writeNew(path: string, text: string): void {
  try {
    const fd = openSync(path, "wx", 0o600);
    writeFileSync(fd, text);
    fsyncSync(fd);
    closeSync(fd);
  } catch (error) {
    throw new UsageError(`Cannot write the key: ${messageOf(error)}`);
  }
}
