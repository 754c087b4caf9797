import type { Command } from "./command.ts";
import { commands } from "./commands.ts";
import type { Flag, Flags } from "./flags.ts";

const LONGEST_LINE = 120;
const LEAST_TEXT = 40;

/** What `outscale-chroot help` prints. */
export function overviewText(): string {
  return [
    "Bakes OUTSCALE machine images in a chroot, without launching a VM per build.",
    "",
    "Usage: outscale-chroot COMMAND [flags] [arguments]",
    "",
    ...columns(Object.entries(commands).map(([name, { summary }]) => [name, summary])),
    "",
    "Run outscale-chroot COMMAND --help to see its flags. Flags may have one dash or two.",
    "",
  ].join("\n");
}

/** What `outscale-chroot COMMAND --help` prints. */
export function commandText(command: Command): string {
  const actions = Object.values(command.actions ?? {}).map(
    ({ usage, about }) => [usage, firstSentence(about)] as const,
  );
  return [
    `Usage: outscale-chroot ${command.usage}`,
    "",
    command.about,
    "",
    ...(actions.length > 0 ? ["Actions:", ...columns(actions), ""] : flagLines(command.flags)),
    "Examples:",
    ...command.examples.map((line) => `  ${line}`),
    "",
  ].join("\n");
}

function flagLines(flags: Flags): string[] {
  const rows = Object.entries(flags).map(([name, flag]) => [flagSpelling(name, flag), flag.about] as const);
  return rows.length > 0 ? ["Flags:", ...columns(rows), ""] : [];
}

/** What is on the right goes on below itself where a line would be too long. */
function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.flatMap(([left, right]) => {
    const [first = "", ...others] = wrapped(right, Math.max(LEAST_TEXT, LONGEST_LINE - width - 4));
    return [`  ${left.padEnd(width)}  ${first}`, ...others.map((line) => `  ${" ".repeat(width)}  ${line}`)];
  });
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

/** A text is broken into lines for whoever reads all of it: a line is not what it says first. */
function firstSentence(text: string): string {
  const line = text.replaceAll("\n", " ");
  return /^.*?\.(?= |$)/.exec(line)?.[0] ?? line;
}

/** A flag with what its value may be: `-on-error cleanup|abort`. */
export function flagSpelling(name: string, flag: Flag): string {
  if (flag.type === "boolean") return `-${name}`;
  return `-${name} ${flag.choices?.join("|") ?? flag.value ?? "VALUE"}`;
}
