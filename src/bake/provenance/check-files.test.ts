import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ProvenanceStatement, ResourceDescriptor } from "../../evidence/provenance/statement.ts";
import { checkFiles } from "./check-files.ts";
import { baseOf, digestInput, type InputKind, inputDescriptor, inputPath } from "./input-files.ts";

describe("checkFiles()", () => {
  let folder: string;
  const put = (name: string, text = "# nothing\n") => writeFileSync(join(folder, name), text);
  const described = async (kind: InputKind, name: string): Promise<ResourceDescriptor> => {
    const found = await digestInput(inputPath(kind, join(folder, name)), new AbortController().signal);
    return inputDescriptor(baseOf(folder), found, false);
  };
  const check = async () => {
    const files = await Promise.all([
      described("template", "web.pkr.hcl"),
      described("variables", "a.auto.pkrvars.hcl"),
      described("variables", "given.pkrvars.hcl"),
    ]);
    return (change: () => void) => {
      change();
      const buildDefinition = { resolvedDependencies: files };
      return checkFiles({ predicate: { buildDefinition } } as unknown as ProvenanceStatement, folder);
    };
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "check-files-"));
    for (const name of ["web.pkr.hcl", "a.auto.pkrvars.hcl", "given.pkrvars.hcl"]) put(name);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("passes what is as it was, and what a build would not read", async () => {
    const checkWith = await check();
    const { checked } = await checkWith(() => {
      put("README.md");
      put("other.pkrvars.hcl");
    });
    expect(checked).toEqual(["web.pkr.hcl", "a.auto.pkrvars.hcl", "given.pkrvars.hcl"]);
  });

  it.each(["b.pkr.hcl", "b.pkr.json", "b.auto.pkrvars.hcl", "b.auto.pkrvars.json"])(
    "refuses %s, which a build would read and has not",
    async (name) => {
      const checkWith = await check();
      await expect(checkWith(() => put(name))).rejects.toThrow(`"${name}" was not a part of it`);
    },
  );

  it.each(["web.pkr.hcl", "a.auto.pkrvars.hcl", "given.pkrvars.hcl"])(
    "refuses %s when it has changed",
    async (name) => {
      const checkWith = await check();
      await expect(checkWith(() => put(name, "# other\n"))).rejects.toThrow(`"${name}" has changed`);
    },
  );
});
