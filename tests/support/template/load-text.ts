import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Template } from "../../../src/definition/build-definition.ts";
import { TemplateError } from "../../../src/hcl/source/diagnostic.ts";
import { locationOf } from "../../../src/hcl/source/source-file.ts";
import type { LoadOptions } from "../../../src/template/load-options.ts";
import { loadTemplate } from "../../../src/template/load-template.ts";

/** Texts of files by their names; a text alone is that of `test.pkr.hcl`. */
export type Files = string | Readonly<Record<string, string>>;
export type TestOptions = Omit<Partial<LoadOptions>, "varFiles"> & { readonly varFiles?: readonly string[] };

/** Runs with a folder of files, which is removed afterwards. Relative `varFiles` are looked for in it. */
export async function withFiles<T>(
  files: Files,
  options: TestOptions,
  run: (options: LoadOptions) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "template-"));
  try {
    const texts = typeof files === "string" ? { "test.pkr.hcl": files } : files;
    for (const [name, text] of Object.entries(texts)) await writeFile(join(folder, name), text);
    const varFiles = (options.varFiles ?? []).map((name) => join(folder, name));
    return await run({ env: {}, ...options, path: join(folder, options.path ?? ""), varFiles });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Loads a folder of files. */
export function loadText(files: Files, options: TestOptions = {}): Promise<Template> {
  return withFiles(files, options, loadTemplate);
}

/** The problems of a folder of files: `line: headline` of each, in their order; none when it loads. */
export function problemsOf(files: Files, options: TestOptions = {}): Promise<readonly string[]> {
  return withFiles(files, options, async (loadOptions) => {
    try {
      await loadTemplate(loadOptions);
      return [];
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      return error.diagnostics.map(({ span, summary }) => `${span ? `${locationOf(span).line}: ` : ""}${summary}`);
    }
  });
}

/** A source and a build of it, for templates that are about something else. */
export const MINIMAL = 'source "null" "test" {}\nbuild { sources = ["null.test"] }\n';
