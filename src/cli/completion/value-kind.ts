/** What a value of a flag, or an argument, is completed from. */
export type ValueKind = "template" | "file" | "folder" | "command" | "nothing" | readonly string[];

/** What usages and flags call their values: `TEMPLATE`, `-log FILE`, `bash|zsh|fish`. */
const KINDS: Readonly<Record<string, ValueKind>> = {
  TEMPLATE: "template",
  FILE: "file",
  DISK: "file",
  BEFORE: "file",
  AFTER: "file",
  PATH: "file",
  FOLDER: "folder",
  COMMAND: "command",
};

/** The kind of a value by its name in the help. */
export function kindOf(name: string): ValueKind {
  return name.includes("|") ? name.split("|") : (KINDS[name] ?? "nothing");
}

/** The arguments of a command, one after the other. */
export interface CompletedArguments {
  readonly kinds: readonly ValueKind[];
  /** The last one may be repeated. */
  readonly isRepeated: boolean;
}

/**
 * The arguments that a usage line names.
 * @param usage `fmt [flags] PATH...`, `shell [flags] RUN [-- COMMAND...]`
 * @param depth How many words the command itself has
 */
export function argumentsOf(usage: string, depth: number): CompletedArguments {
  const [own = ""] = usage.replaceAll(" | ", "|").split(" [--");
  const words = own.split(" ").slice(depth);
  const names = words.map((word) => word.replace(/[[\]]/g, "")).filter((word) => word !== "flags");
  return {
    kinds: names.map((name) => kindOf(name.replace(/\.\.\.$/, ""))),
    isRepeated: names.at(-1)?.endsWith("...") ?? false,
  };
}
