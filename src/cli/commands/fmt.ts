import { ExitCode, UsageError } from "../../common/errors.ts";
import { rewriteFile } from "../../common/rewrite-file.ts";
import { Diagnostics } from "../../hcl/source/diagnostic.ts";
import type { SourceFile } from "../../hcl/source/source-file.ts";
import { formatHcl } from "../../hcl/syntax/format.ts";
import { parseFile } from "../../hcl/syntax/parse.ts";
import { decodeSource, readSource } from "../../template/read-template-files.ts";
import type { Io } from "../../terminal/io.ts";
import type { Command } from "../command.ts";
import { type Flags, type FlagValues, parseFlags } from "../flags.ts";
import { filesToFormat } from "../fmt-files.ts";
import { lineDiff } from "../output/line-diff.ts";

const flagSpecs = {
  check: { type: "boolean", about: "writes nothing; exits with 3 when something is not formatted" },
  diff: { type: "boolean", about: "shows what formatting changes" },
  recursive: { type: "boolean", about: "formats what is in subfolders, too" },
  write: { type: "boolean", about: "writes the files back, which is the default; -write=false does not" },
} as const satisfies Flags;

/** What `packer fmt -check` exits with, which happens to be the code of a template that is refused. */
const NOT_FORMATTED = ExitCode.Template;
const STDIN = "-";
const STDIN_NAME = "<standard input>";

export const fmt: Command = {
  usage: "fmt [flags] PATH...",
  about:
    "Rewrites templates (.pkr.hcl) and variable files (.pkrvars.hcl) in Packer's layout, and names those that change.\n" +
    "PATH is a file, a folder, or - for standard input, whose formatted text goes to standard output.",
  flags: flagSpecs,
  examples: ["outscale-chroot fmt .", "outscale-chroot fmt -check -diff -recursive templates"],
  async run({ argv, io }) {
    const { flags, positionals } = parseFlags(flagSpecs, argv);
    if (positionals.length === 0) {
      throw new UsageError("No file or folder is given", { hint: "outscale-chroot fmt . formats this folder" });
    }
    const diagnostics = new Diagnostics();
    let isChanged = false;
    for (const path of positionals) {
      const texts =
        path === STDIN ? [await formatInput(flags, io, diagnostics)] : await formatFiles(path, flags, io, diagnostics);
      isChanged ||= texts.includes(true);
    }
    diagnostics.throwIfErrors();
    return flags.check && isChanged ? NOT_FORMATTED : ExitCode.Success;
  },
};

type FmtFlags = FlagValues<typeof flagSpecs>;

/** @returns for each file whether formatting changes it */
async function formatFiles(path: string, flags: FmtFlags, io: Io, diagnostics: Diagnostics): Promise<boolean[]> {
  const changes: boolean[] = [];
  for (const file of filesToFormat([path], { recursive: flags.recursive === true })) {
    const source = readSource(file, diagnostics);
    const before = source?.text;
    const after = source && format(source, diagnostics);
    const isChanged = before !== undefined && after !== undefined && after !== before;
    changes.push(isChanged);
    if (!isChanged) continue;
    io.stdout.write(`${file}\n`);
    if (writes(flags)) await rewriteFile(file, after);
    if (flags.diff) io.stdout.write(lineDiff(file, before, after));
  }
  return changes;
}

async function formatInput(flags: FmtFlags, io: Io, diagnostics: Diagnostics): Promise<boolean> {
  const source = decodeSource(STDIN_NAME, await io.stdin.readAll(), diagnostics);
  const after = source && format(source, diagnostics);
  // Nothing comes out of what is broken, as in Packer.
  if (source === undefined || after === undefined) return false;
  if (flags.diff) io.stdout.write(lineDiff(STDIN_NAME, source.text, after));
  // What is piped through may hold what looks like a secret, and must come out as it went in.
  else if (writes(flags)) io.stdout.writeExact(after);
  return after !== source.text;
}

function writes({ check, write }: FmtFlags): boolean {
  return check !== true && write !== false;
}

/** The formatted text; undefined when it is broken, which is reported. */
function format(source: SourceFile, diagnostics: Diagnostics): string | undefined {
  const found = new Diagnostics();
  parseFile(source, found);
  diagnostics.addAll(found.all);
  return found.hasErrors ? undefined : formatHcl(source.text);
}
