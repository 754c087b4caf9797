import type { Diagnostics } from "../hcl/source/diagnostic.ts";
import type { Body } from "../hcl/syntax/syntax.ts";
import type { LoadOptions } from "./load-options.ts";
import { findTemplateFiles, readTemplateFile } from "./read-template-files.ts";

/** A template as its files have it; what they say has not been looked at. */
export interface ParsedTemplate {
  /** What `path.root` is. */
  readonly root: string;
  readonly files: readonly string[];
  /** Those that a folder has by itself. */
  readonly variableFiles: readonly string[];
  readonly bodies: readonly Body[];
}

/** Reads the file, or the files of a folder. */
export function parseTemplate({ path, edited }: LoadOptions, diagnostics: Diagnostics): ParsedTemplate {
  const { root, templates, autoVariables } = edited ?? findTemplateFiles(path, diagnostics);
  const bodies = templates
    .map((file) => readTemplateFile(file, diagnostics, edited?.texts))
    .filter((body) => body !== undefined);
  return { root, files: templates, variableFiles: autoVariables, bodies };
}
