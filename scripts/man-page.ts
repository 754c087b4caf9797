import type { Command } from "../src/cli/command.ts";
import { commands } from "../src/cli/commands.ts";
import { flagSpelling } from "../src/cli/help-text.ts";

export interface ManPageInput {
  readonly version: string;
  /** The text of docs/exit-codes.md, whose table is a section of the page. */
  readonly exitCodes: string;
}

const DESCRIPTION =
  "Bakes OUTSCALE machine images (OMIs) in a chroot, without launching a VM per build: a volume is made from a source OMI, " +
  "linked to this VM, mounted, provisioned, and registered as a new OMI. Templates are those of Packer.";

const ENVIRONMENT: Readonly<Record<string, string>> = {
  "OSC_ACCESS_KEY, OSC_SECRET_KEY, OSC_REGION, OSC_PROFILE": "credentials and region, where the template has none",
  OUTSCALE_CHROOT_STATE: "the state folder, /var/lib/outscale-chroot by default",
  NO_COLOR: "no colours",
  "PACKER_LOG, PACKER_LOG_PATH": "a debug log, on standard error or in a file",
};

/** `man outscale-chroot`: every command as its --help has it. @see man(7) */
export async function manPage({ version, exitCodes }: ManPageInput): Promise<string> {
  const sections = await Promise.all(Object.entries(commands).map(async ([, { load }]) => commandText(await load())));
  return [
    `.TH OUTSCALE-CHROOT 1 "" ${quoted(`outscale-chroot ${version}`)} "User Commands"`,
    ".SH NAME\noutscale-chroot \\- bakes OUTSCALE machine images in a chroot",
    ".SH SYNOPSIS\n.B outscale-chroot\n.I COMMAND\n[flags] [arguments]",
    `.SH DESCRIPTION\n${text(DESCRIPTION)}\n.PP\nFlags have one dash or two, and a value after a space or =; a switch takes =false.`,
    `.SH COMMANDS\n${sections.join("\n")}`,
    `.SH EXIT STATUS\n${exitRows(exitCodes)
      .map(([code, what]) => term(code, what))
      .join("\n")}`,
    `.SH ENVIRONMENT\n${Object.entries(ENVIRONMENT)
      .map(([name, what]) => term(name, what))
      .join("\n")}`,
    ".SH SEE ALSO\nThe documentation lies in the folder docs of the package. packer(1)",
    "",
  ].join("\n");
}

function commandText({ usage, about, flags, examples, actions = {} }: Command): string {
  const rows = Object.entries(flags).map(([name, flag]) => term(flagSpelling(name, flag), flag.about));
  return [
    `.SS ${quoted(usage)}`,
    // Lines that are indented are a list, and stay as they are.
    ...about.split("\n").map((line) => (line.startsWith(" ") ? `.br\n${text(line)}` : text(line))),
    ...rows,
    ...(examples.length > 0 ? [".PP\nExamples:", ".nf", ...examples.map((line) => text(`    ${line}`)), ".fi"] : []),
    ...Object.values(actions).map(commandText),
  ].join("\n");
}

function term(name: string, about: string): string {
  return `.TP\n.B ${quoted(name)}\n${text(about)}`;
}

/** Code and meaning, of the rows of a Markdown table. */
function exitRows(page: string): readonly (readonly [code: string, what: string])[] {
  const rows = page.split("\n").filter((line) => /^\| *\d/.test(line));
  return rows.map((row) => {
    const [, code = "", , what = ""] = row.split("|").map((cell) => cell.trim());
    return [code, what.replaceAll("`", "")] as const;
  });
}

/** A text in which nothing is a request or an escape; dashes stay dashes, as they are copied from the page. */
function text(line: string): string {
  return line
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/^([.'])/, "\\&$1");
}

/** An argument of a request. */
function quoted(argument: string): string {
  return `"${text(argument).replaceAll('"', "\\(dq")}"`;
}
