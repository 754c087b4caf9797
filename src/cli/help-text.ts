import type { Command } from "./command.ts";
import { commands } from "./commands.ts";
import type { Flag, Flags } from "./flags.ts";

/** What `outscale-chroot help` prints. */
export function overviewText(): string {
  return [
    "Bakes OUTSCALE machine images in a chroot, without launching a VM per build.",
    "",
    "Usage: outscale-chroot COMMAND [flags] [arguments]",
    "",
    ...columns(Object.entries(commands).map(([name, { summary }]) => [name, summary])),
    "",
    "outscale-chroot COMMAND --help explains one of them. Flags may have one dash or two.",
    "",
  ].join("\n");
}

/** What `outscale-chroot COMMAND --help` prints. */
export function commandText(command: Command): string {
  const actions = Object.values(command.actions ?? {}).map(({ usage, about }) => [usage, firstLine(about)] as const);
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

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}

/** A flag with what its value may be: `-on-error cleanup|abort`. */
export function flagSpelling(name: string, flag: Flag): string {
  if (flag.type === "boolean") return `-${name}`;
  return `-${name} ${flag.choices?.join("|") ?? flag.value ?? "VALUE"}`;
}
