import { readFileSync } from "node:fs";
import type { ComponentOptionHelp, FunctionHelp } from "../src/language-server/documented.ts";

/** The text of src/language-server/documented.json: what the pages of docs/ say, for an editor to show. */
export function editorHelp(): string {
  const functions = functionHelp(readFileSync("docs/functions.md", "utf8"));
  const components = componentHelp(readFileSync("docs/provisioners.md", "utf8"));
  return `${JSON.stringify({ functions, components }, undefined, 2)}\n`;
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

function componentHelp(page: string): Record<string, Record<string, ComponentOptionHelp>> {
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

function optionHelp(section: string): Record<string, ComponentOptionHelp> {
  const found: Record<string, ComponentOptionHelp> = {};
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
