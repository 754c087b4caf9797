import { describe, expect, it } from "vitest";
import { secrets } from "../common/secrets.ts";
import { examine } from "./examine.ts";

const path = "/nowhere/web.pkr.hcl";

async function examineText(text: string, values?: string) {
  const valuesPath = "/nowhere/x.pkrvars.hcl";
  const texts = new Map([[path, text], ...(values === undefined ? [] : ([[valuesPath, values]] as const))]);
  const template = { root: "/nowhere", templates: [path], autoVariables: [], texts };
  const examined = await examine({ template, variableFiles: values === undefined ? [] : [valuesPath] });
  const diagnostics = examined.diagnostics.map(({ summary, detail }) => `${summary}: ${detail}`);
  return { ...examined, said: [...diagnostics, ...examined.remarks.map(({ message }) => message)] };
}

const source = (options: string) =>
  `source "outscale-chroot" "x" {\n  omi_name = "web"\n  source_omi = "ami-12345678"\n${options}\n}\n`;
const build = (more: string) => `build {\n  sources = ["source.outscale-chroot.x"]\n${more}\n}\n`;

describe("examine()", () => {
  it("takes what only the machine, the account or a user knows for unknown", async () => {
    const text = `
      variable "given" { type = string }
      variable "home" { default = env("HOME") }
      data "outscale-omi" "base" { owners = ["self"] }
      locals { key = file("/no/such/key") }
      ${source('  tags = { a = local.key, b = var.given, c = var.home, d = data.outscale-omi.base.id, e = length(fileset(path.root, "*")) }')}
      ${build('  provisioner "shell" {\n    script = "/no/such/script"\n  }\n  provisioner "ansible" {\n    playbook_file = "/no/such.yml"\n  }')}`;
    expect((await examineText(text)).said).toEqual([]);
  });

  it("tells what is wrong with a source that no build has yet", async () => {
    expect((await examineText(source("  nope = 1"))).said).toEqual([expect.stringContaining("nope: is not an option")]);
  });

  it("says each problem once, however many builds have it", async () => {
    const shell = '  provisioner "shell" {\n    inline = [var.nope]\n  }\n  provisioner "shell" {\n    inlin = []\n  }';
    const two = `  source "source.outscale-chroot.x" {\n    name = "second"\n  }\n${shell}`;
    const { said } = await examineText(source("") + build(two));
    expect(said).toEqual([expect.stringContaining('no variable "nope"'), expect.stringContaining("inlin:")]);
  });

  it("warns of builds that are not made here", async () => {
    const { remarks } = await examineText('source "null" "n" {}\nbuild {\n  sources = ["source.null.n"]\n}\n');
    expect(remarks).toMatchObject([{ severity: "warning", location: { file: path, line: 1 } }]);
  });

  it("checks values against conditions, but not that they are set", async () => {
    const text = `variable "n" {\n  type = number\n  validation {\n    condition = var.n < 5\n    error_message = "Too many."\n  }\n}\n`;
    expect((await examineText(text)).said).toEqual([]);
    expect((await examineText(text, "n = 9\n")).said).toEqual([expect.stringContaining("Too many.")]);
  });

  it("takes nothing for a secret that is being typed", async () => {
    await examineText('variable "password" {\n  default = "half-a-passw"\n  sensitive = true\n}\n');
    expect(secrets.mask("half-a-passw")).toBe("half-a-passw");
  });
});
