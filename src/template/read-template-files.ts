import { readdirSync, readFileSync, type Stats, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { messageOf } from "../common/errors.ts";
import { decodeUtf8 } from "../common/utf8.ts";
import type { Diagnostics } from "../hcl/source/diagnostic.ts";
import { SourceFile } from "../hcl/source/source-file.ts";
import { parseFile } from "../hcl/syntax/parse.ts";
import { type IsLiteral, parseJsonFile } from "../hcl/syntax/parse-json.ts";
import type { Body } from "../hcl/syntax/syntax.ts";

/** The files of a template, by what their names say they are. */
export interface TemplateFiles {
  /** What `path.root` is: the folder, or the one the file is in. */
  readonly root: string;
  /** `.pkr.hcl` files, then `.pkr.json` ones. */
  readonly templates: readonly string[];
  /** `.auto.pkrvars.hcl` files of the folder, then `.auto.pkrvars.json` ones. */
  readonly autoVariables: readonly string[];
}

/**
 * The files that a path stands for: itself, or all of a folder's. Variable files are found in a folder only, as in Packer.
 * Problems are reported; the lists are then empty.
 */
export function findTemplateFiles(path: string, diagnostics: Diagnostics): TemplateFiles {
  const stats = look(path, diagnostics);
  if (!stats?.isDirectory()) {
    const isTemplate = path.endsWith(".pkr.hcl") || path.endsWith(".pkr.json");
    if (stats && !isTemplate) reportNoTemplate(path, diagnostics);
    return { root: dirname(path), templates: stats && isTemplate ? [path] : [], autoVariables: [] };
  }
  const names = listFolder(path, diagnostics);
  const select = (...suffixes: readonly string[]) => {
    return suffixes.flatMap((suffix) => names.filter((name) => name.endsWith(suffix)).map((name) => join(path, name)));
  };
  const templates = select(".pkr.hcl", ".pkr.json");
  if (templates.length === 0 && !diagnostics.hasErrors) reportNoTemplate(path, diagnostics);
  return { root: path, templates, autoVariables: select(".auto.pkrvars.hcl", ".auto.pkrvars.json") };
}

function look(path: string, diagnostics: Diagnostics): Stats | undefined {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (!stats) diagnostics.error("Cannot read the template", `There is no file or folder "${path}".`);
    return stats;
  } catch (error) {
    diagnostics.error("Cannot read the template", `${messageOf(error)}.`);
    return undefined;
  }
}

function reportNoTemplate(path: string, diagnostics: Diagnostics): void {
  const kinds =
    'A template is a file whose name ends in ".pkr.hcl", ".pkr.json" or, for legacy JSON templates, ".json";';
  const rename = path.endsWith(".hcl") ? ` Rename it to "${basename(path, ".hcl")}.pkr.hcl".` : "";
  diagnostics.error(`There is no template at "${path}"`, `${kinds} or a folder with ".pkr" files.${rename}`);
}

function listFolder(path: string, diagnostics: Diagnostics): readonly string[] {
  try {
    const entries = readdirSync(path, { withFileTypes: true });
    return entries
      .filter((entry) => !entry.isDirectory())
      .map(({ name }) => name)
      .sort();
  } catch (error) {
    diagnostics.error("Cannot read the template", `The folder "${path}" cannot be listed: ${messageOf(error)}.`);
    return [];
  }
}

/** The body of a template, in either syntax; undefined when it cannot be read at all. */
export function readTemplateFile(path: string, diagnostics: Diagnostics, texts?: Texts): Body | undefined {
  return readBodyFile(path, diagnostics, isDeclaration, texts);
}

/** The body of a variable file; in JSON its texts are no templates. */
export function readVariableFile(path: string, diagnostics: Diagnostics, texts?: Texts): Body | undefined {
  return readBodyFile(path, diagnostics, () => true, texts);
}

/** What a variable says of itself is no template; a property of that name in its default is one. */
function isDeclaration([root, , ...path]: readonly string[]): boolean {
  return root === "variable" && ["description", "validation.error_message"].includes(path.join("."));
}

/** Texts that are read in place of files, by their paths. */
type Texts = ReadonlyMap<string, string>;

function readBodyFile(
  path: string,
  diagnostics: Diagnostics,
  isLiteral: IsLiteral,
  texts: Texts | undefined,
): Body | undefined {
  const text = texts?.get(path);
  const source = text === undefined ? readSource(path, diagnostics) : new SourceFile(path, text);
  if (!source) return undefined;
  if (path.endsWith(".json")) return parseJsonFile(source, diagnostics, isLiteral);
  if (path.endsWith(".hcl")) return parseFile(source, diagnostics);
  diagnostics.error(`Cannot tell the format of "${path}"`, 'The name of a variable file ends in ".hcl" or ".json".');
  return undefined;
}

/** The text of a file; undefined, and reported, when it cannot be read or is not UTF-8. */
export function readSource(path: string, diagnostics: Diagnostics): SourceFile | undefined {
  try {
    return decodeSource(path, readFileSync(path), diagnostics);
  } catch (error) {
    diagnostics.error(`Cannot read "${path}"`, `${messageOf(error)}.`);
    return undefined;
  }
}

/** What was read, as a text; undefined when it is none, which has been reported. */
export function decodeSource(name: string, bytes: Uint8Array, diagnostics: Diagnostics): SourceFile | undefined {
  const text = decodeUtf8(bytes);
  if (text !== undefined) return new SourceFile(name, text);
  diagnostics.error(`Cannot read "${name}"`, "It is not valid UTF-8.");
  return undefined;
}
