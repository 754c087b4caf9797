import type { Command } from "../src/cli/command.ts";
import { commands } from "../src/cli/commands.ts";
import { flagSpelling } from "../src/cli/help-text.ts";

const INTRODUCTION = `# Commands

<!-- Made by \`npm run docs\` from src/cli/commands/. Changes belong there. -->

Every command with its flags, as \`outscale-chroot COMMAND --help\` shows them; [command-line.md](command-line.md) tells what they
have in common. Flags have one dash or two, and a value after a space or \`=\`; a switch takes \`=false\`.
`;

/** The text of docs/commands.md. */
export async function commandsPage(): Promise<string> {
  const sections = await Promise.all(
    Object.entries(commands).map(async ([name, { load }]) => commandText(name, await load(), "##")),
  );
  return `${INTRODUCTION}\n${sections.join("\n")}`;
}

function commandText(name: string, command: Command, heading: string): string {
  const { usage, about, flags, examples, actions = {} } = command;
  const rows = Object.entries(flags).map(
    ([flag, spec]) => `| \`${cell(flagSpelling(flag, spec))}\` | ${cell(spec.about)} |\n`,
  );
  const table = rows.length > 0 ? `\n| flag | meaning |\n| --- | --- |\n${rows.join("")}` : "";
  return [
    `${heading} ${name}\n\n\`outscale-chroot ${usage}\`\n\n${about.replace(/^ {2}/gm, "- ")}\n${table}`,
    `\`\`\`sh\n${examples.join("\n")}\n\`\`\`\n`,
    ...Object.entries(actions).map(([action, inner]) => commandText(`${name} ${action}`, inner, `${heading}#`)),
  ].join("\n");
}

/** A bar would end a cell. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
