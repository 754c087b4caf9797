import { functionHelp } from "./documented.ts";
import type { OptionDoc } from "./known-blocks.ts";
import { declarationsOf, type Knowledge } from "./lookup.ts";

/** An option or a block, as Markdown. */
export function optionText(doc: OptionDoc): string {
  const { name, type, about, example, isRequired, kind } = doc;
  const facts = [type, isRequired && "required", doc.default !== undefined && `default: ${doc.default}`].filter(
    Boolean,
  );
  const shown = example === undefined ? [] : ["```hcl", `${name} ${kind === "block" ? "" : "= "}${example}`, "```"];
  return [`**${name}** · ${facts.join(" · ")}`, "", about, ...(shown.length > 0 ? ["", ...shown] : [])].join("\n");
}

/** A function, as Markdown; undefined when there is none of that name. */
export function functionText(name: string): string | undefined {
  const help = Object.hasOwn(functionHelp, name) ? functionHelp[name] : undefined;
  if (!help) return undefined;
  const calls = ["```hcl", ...help.signatures, "```"];
  return [...calls, `Gives ${help.about}.`, ...(help.example ? ["", help.example] : [])].join("\n");
}

/** What is known of a variable, a local, a data source or a source; undefined when it is not declared. */
export function describeSymbol(knowledge: Knowledge, address: string): string | undefined {
  const found = declarationsOf(knowledge).find(({ item }) => item.address === address);
  if (!found) return undefined;
  const { line } = found.file.rangeOf(found.item.nameSpan).start;
  const place = `Declared in ${found.file.path.replace(/^.*\//, "")}, line ${line + 1}.`;
  return [`**${address}**`, ...valueLines(knowledge, address, found.item.name), place].join("\n\n");
}

function valueLines({ declared }: Knowledge, address: string, name: string): readonly string[] {
  if (address.startsWith("local.")) {
    return codeOf(declared?.locals.find((local) => local.name === name)?.value);
  }
  const variable = address.startsWith("var.") ? declared?.variables.find((each) => each.name === name) : undefined;
  if (!variable) return [];
  const { type, description, value, isSensitive } = variable;
  const facts = [`\`${type}\``, isSensitive && "sensitive", value === undefined && "must be set"].filter(Boolean);
  return [facts.join(" · "), ...(description ? [description] : []), ...codeOf(value)];
}

/** Values may be long; an editor shows their beginning. */
const LONGEST_VALUE = 2_000;

function codeOf(value: string | undefined): readonly string[] {
  if (value === undefined) return [];
  const text = value.length > LONGEST_VALUE ? `${value.slice(0, LONGEST_VALUE)}...` : value;
  return [`\`\`\`hcl\n${text.replaceAll("```", "` ` `")}\n\`\`\``];
}
