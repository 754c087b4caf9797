import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { TextDocument } from "vscode-languageserver-textdocument";
import { diagnose } from "./diagnose.ts";
import { TextFile } from "./text-file.ts";

describe("diagnose()", () => {
  it.each([
    ["x", 1_000_000],
    ["e\u0301", 100_000],
  ])("finds its way in a template of one line, however long: %j, %i times", async (character, times) => {
    const text = JSON.stringify({
      locals: { long: character.repeat(times) },
      source: { "outscale-chroot": { web: { source_omi: "ami-12345678", omi_name: "web" } } },
      build: { sources: ["source.outscale-chroot.web"], provisioner: { shell: { inline: ["true"], typo: 1 } } },
    });
    const path = join(tmpdir(), "one-line.pkr.json");
    const file = new TextFile(path, "template", TextDocument.create(pathToFileURL(path).href, "json", 1, text));
    const unit = { folder: tmpdir(), templates: [file], autoVariables: [], variables: [] };
    const { byFile } = await diagnose(unit, []);
    const found = (byFile.get(file) ?? []).map(({ range, message }) => {
      expect(message).toContain("typo");
      return text.slice(file.offsetAt(range.start), file.offsetAt(range.end));
    });
    expect(found).toEqual(['"provisioner"']);
  });
});
