import { readFileSync } from "node:fs";

/** A function as docs/functions.md has it. */
interface FunctionHelp {
  /** Each way to call it: `range(max)`, `range(start, limit)`. */
  readonly signatures: readonly string[];
  readonly about: string;
  readonly example?: string;
}

/** What docs/provisioners.md says of an option. */
interface OptionHelp {
  readonly default?: string;
  readonly about: string;
}

/** The text of src/language-server/documented.ts: what the pages of docs/ say, for an editor to show. */
export function editorHelp(): string {
  const functions = functionHelp(readFileSync("docs/functions.md", "utf8"));
  const components = componentHelp(readFileSync("docs/provisioners.md", "utf8"));
  return `// Made by \`npm run docs\` from docs/functions.md and docs/provisioners.md. Changes belong there.

export interface FunctionHelp {
  readonly signatures: readonly string[];
  readonly about: string;
  readonly example?: string;
}

export interface ComponentOptionHelp {
  readonly default?: string;
  readonly about: string;
}

export const functionHelp: Readonly<Record<string, FunctionHelp>> = ${JSON.stringify(functions, undefined, 2)};

/** The options of provisioners and post-processors, by \`provisioner TYPE\` and \`post-processor TYPE\`. */
export const componentHelp: Readonly<Record<string, Readonly<Record<string, ComponentOptionHelp>>>> = ${JSON.stringify(components, undefined, 2)};
`;
}

function functionHelp(page: string): Record<string, FunctionHelp> {
  const [hcl = ""] = page.split("## Templates in double braces");
  const found: Record<string, FunctionHelp> = {};
  for (const [calls = "", about = "", example = ""] of tableRows(hcl)) {
    const signatures = [...calls.matchAll(/`([a-z0-9_]+\([^`]*\))`/g)].map(([, call = ""]) => call);
    for (const name of new Set(signatures.map((call) => call.replace(/\(.*/, "")))) {
      const own = signatures.filter((call) => call.startsWith(`${name}(`));
      found[name] = { signatures: own, about, ...(example.includes("=") && { example }) };
    }
  }
  return found;
}

function componentHelp(page: string): Record<string, Record<string, OptionHelp>> {
  const [provisioners = "", postProcessors = ""] = page.split(/^## Post-processors$/m);
  return Object.fromEntries([
    ...sections(provisioners, "## ").map(([type, text]) => [`provisioner ${type}`, optionHelp(text)]),
    ...sections(postProcessors, "### ").map(([type, text]) => [`post-processor ${type}`, optionHelp(text)]),
  ]);
}

function sections(page: string, sign: string): [string, string][] {
  const parts = page.split(new RegExp(`^${sign}`, "m")).slice(1);
  return parts
    .map((part): [string, string] => [part.slice(0, part.indexOf("\n")), part])
    .filter(([title]) => /^[a-z-]+$/.test(title));
}

function optionHelp(section: string): Record<string, OptionHelp> {
  const found: Record<string, OptionHelp> = {};
  for (const [names = "", initial = "", about = ""] of tableRows(section)) {
    for (const [, name = ""] of names.matchAll(/`([a-z_]+)`/g))
      found[name] = { ...(initial && { default: initial }), about };
  }
  return found;
}

/** The cells of every row that begins with code; `\|` is no border. */
function tableRows(text: string): string[][] {
  const rows = text.split("\n").filter((line) => line.startsWith("| `"));
  return rows.map((row) =>
    row
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      // Links lead nowhere in an editor.
      .map((cell) =>
        cell
          .trim()
          .replaceAll("\\|", "|")
          .replace(/\[([^\]]+)\]\([^)]*\)/g, "$1"),
      ),
  );
}
