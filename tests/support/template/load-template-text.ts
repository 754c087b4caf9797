import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll } from "vitest";
import type { Template } from "../../../src/definition/build-definition.ts";
import { TemplateError } from "../../../src/hcl/source/diagnostic.ts";
import type { LoadOptions } from "../../../src/template/load-options.ts";
import { loadTemplate } from "../../../src/template/load-template.ts";

/** A folder for the templates of one file of tests, removed after them. */
export class TemplateFolder {
  path = "";

  constructor() {
    beforeAll(() => {
      this.path = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "json-template-")));
    });
    afterAll(() => fs.rmSync(this.path, { recursive: true, force: true }));
  }

  /** @param content Text, or what becomes JSON */
  write(content: unknown, name = "template.json"): string {
    const file = path.join(this.path, name);
    fs.writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
    return file;
  }

  load(content: unknown, options: Partial<LoadOptions> = {}): Promise<Template> {
    return loadTemplate({ path: this.write(content), env: {}, ...options });
  }

  /** Why a template is refused: each problem as `line:column summary: detail`. */
  async problemsOf(content: unknown, options: Partial<LoadOptions> = {}): Promise<readonly string[]> {
    const error: unknown = await this.load(content, options).catch((thrown: unknown) => thrown);
    if (!(error instanceof TemplateError)) throw new Error("It was not refused", { cause: error });
    return error.diagnostics
      .filter(({ severity }) => severity === "error")
      .map(({ span, summary, detail }) => {
        const at = span?.source.locate(span.start);
        return `${at ? `${at.line}:${at.column} ` : ""}${summary}: ${detail}`;
      });
  }
}
