import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TextDocument } from "vscode-languageserver-textdocument";
import { Workspace } from "./workspace.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "workspace-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const variable = (name: string) => `variable "${name}" {}\n`;
const source = (name: string, more = "") => `source "outscale-chroot" "${name}" {\n${more}\n}\n`;
const build = (name: string) => `build {\n  sources = ["source.outscale-chroot.${name}"]\n}\n`;

/** The files that are one template with `name`, which is open; the others are on disk. */
function unit(name: string, files: Readonly<Record<string, string>>): readonly string[] {
  const workspace = new Workspace();
  for (const [each, text] of Object.entries(files)) writeFileSync(join(folder, each), text);
  const uri = pathToFileURL(join(folder, name)).href;
  const file = workspace.change(TextDocument.create(uri, "hcl", 1, files[name] ?? ""));
  if (!file) throw new Error(`${name} is no file of ours`);
  return workspace.unitOf(file).templates.map(({ path }) => basename(path));
}

describe("Workspace.unitOf()", () => {
  it("takes the files of a folder for one template", () => {
    const files = {
      "a.pkr.hcl": variable("x"),
      "b.pkr.hcl": source("s", "region = var.x"),
      "c.pkr.hcl": build("s"),
      "d.txt": "",
      "e.json": "{}",
    };
    for (const name of ["a.pkr.hcl", "b.pkr.hcl", "c.pkr.hcl"]) {
      expect(unit(name, files)).toEqual(["a.pkr.hcl", "b.pkr.hcl", "c.pkr.hcl"]);
    }
  });

  it("takes whole templates one by one, also while one of them is being written", () => {
    const whole = variable("x") + source("s", "region = var.x") + build("s");
    const written = variable("x") + source("s", "region = var.") + build("s") + build("other");
    expect(unit("a.pkr.hcl", { "a.pkr.hcl": whole, "b.pkr.hcl": whole })).toEqual(["a.pkr.hcl"]);
    expect(unit("a.pkr.hcl", { "a.pkr.hcl": written, "b.pkr.hcl": whole })).toEqual(["a.pkr.hcl"]);
  });

  it("keeps a file with a build together with those that use what it declares", () => {
    const files = {
      "a.pkr.hcl": source("s") + build("s"),
      "b.pkr.hcl": build("s"),
      "c.pkr.hcl": source("t") + build("t"),
    };
    expect(unit("b.pkr.hcl", files)).toEqual(["a.pkr.hcl", "b.pkr.hcl"]);
    expect(unit("a.pkr.hcl", files)).toEqual(["a.pkr.hcl", "b.pkr.hcl"]);
    expect(unit("c.pkr.hcl", files)).toEqual(["c.pkr.hcl"]);
  });
});
