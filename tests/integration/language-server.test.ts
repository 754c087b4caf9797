import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type {
  CompletionItem,
  Diagnostic,
  DocumentSymbol,
  Hover,
  Location,
  Position,
  TextEdit,
  WorkspaceEdit,
} from "vscode-languageserver-protocol";
import { LanguageClient } from "../support/language-server/language-client.ts";

let client: LanguageClient;
let folder: string;
beforeAll(async () => {
  ({ client } = await LanguageClient.start());
});
afterAll(() => client[Symbol.asyncDispose]());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "language-server-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  expect(client.logged).toEqual([]);
});

const TEMPLATE = `variable "region" {
  type        = string
  default     = "eu-west-2"
  description = "Where it is built"
}
locals {
  name = "web-\${var.region}"
}
source "outscale-chroot" "web" {
  region     = var.region
  omi_name   = local.name
  source_omi = "ami-12345678"
}
build {
  sources = ["source.outscale-chroot.web"]
  provisioner "shell" {
    only   = ["outscale-chroot.web"]
    inline = ["echo \${upper(local.name)} \${build.SourceOMI}"]
  }
}
`;

/** Opens a text in which \`|\` is the cursor. */
async function openAt(marked: string, name = "web.pkr.hcl") {
  const offset = marked.indexOf("|");
  const text = marked.slice(0, offset) + marked.slice(offset + 1);
  const uri = await client.open(join(folder, name), text);
  return { uri, text, position: positionAt(text, offset) };
}

/** The protocol has messages in Markdown, too; ours are plain. */
function messageOf({ message }: Pick<Diagnostic, "message">): string {
  return typeof message === "string" ? message : message.value;
}

function positionAt(text: string, offset: number): Position {
  const lines = text.slice(0, offset).split("\n");
  return { line: lines.length - 1, character: lines.at(-1)?.length ?? 0 };
}

const cursorAfter = (part: string) => TEMPLATE.replace(part, `${part}|`);

async function messages(text: string, name = "web.pkr.hcl"): Promise<string[]> {
  const uri = await client.open(join(folder, name), text);
  return (await client.diagnostics(uri)).map(messageOf);
}

async function completions(marked: string, name?: string): Promise<string[]> {
  const { uri, position } = await openAt(marked, name);
  const items = await client.ask<CompletionItem[]>("textDocument/completion", uri, position);
  return items.map(({ label }) => label);
}

async function hoverText(marked: string): Promise<string | undefined> {
  const { uri, position } = await openAt(marked);
  const answer = await client.ask<Hover | null>("textDocument/hover", uri, position);
  return answer === null ? undefined : (answer.contents as { value: string }).value;
}

function apply(text: string, edits: readonly TextEdit[]): string {
  const lines = text.split("\n");
  const offset = ({ line, character }: Position) =>
    lines.slice(0, line).join("\n").length + Number(line > 0) + character;
  const sorted = [...edits].sort((a, b) => offset(b.range.start) - offset(a.range.start));
  return sorted.reduce((all, { range, newText }) => {
    return all.slice(0, offset(range.start)) + newText + all.slice(offset(range.end));
  }, text);
}

describe("diagnostics", () => {
  it("has nothing against a template in good order, whose variables need not be set", async () => {
    expect(await messages(TEMPLATE.replace('  default     = "eu-west-2"\n', ""))).toEqual([]);
  });

  it("tells every problem at its place: of the language, of options, of provisioners", async () => {
    const text = TEMPLATE.replace("local.name\n", "local.nam\n  omi_nam = 5\n")
      .replace("inline", "inlin")
      .replace('"ami-12345678"', '"ami-1"');
    const uri = await client.open(join(folder, "web.pkr.hcl"), text);
    const found = await client.diagnostics(uri);
    const lines = text.split("\n");
    const marked = found.map(({ message, range: { start, end } }: Diagnostic) => [
      lines[start.line]?.slice(start.character, end.character),
      messageOf({ message }).split("\n")[0],
    ]);
    expect(marked).toEqual(
      expect.arrayContaining([
        ["local.nam", expect.stringContaining('Did you mean "name"?')],
        ["omi_nam", expect.stringContaining("omi_nam: is not an option")],
        ["source_omi", expect.stringContaining("must be an OMI id")],
        ["inlin", expect.stringContaining('did you mean "inline"?')],
      ]),
    );
  });

  it("follows what is typed, and what is broken on the way", async () => {
    const uri = await client.open(join(folder, "web.pkr.hcl"), TEMPLATE);
    expect(await client.diagnostics(uri)).toEqual([]);
    const at = positionAt(TEMPLATE, TEMPLATE.indexOf("build {"));
    await client.change(uri, [{ range: { start: at, end: at }, text: 'source "outscale-chroot" "b' }]);
    expect(await client.diagnostics(uri)).not.toEqual([]);
    await client.change(uri, [{ text: TEMPLATE }]);
    expect(await client.diagnostics(uri)).toEqual([]);
  });

  it("takes the files of a folder together, saved and unsaved", async () => {
    const [variables, rest] = [
      TEMPLATE.slice(0, TEMPLATE.indexOf("locals")),
      TEMPLATE.slice(TEMPLATE.indexOf("locals")),
    ];
    writeFileSync(join(folder, "variables.pkr.hcl"), variables.replace("region", "place"));
    expect(await messages(rest, "main.pkr.hcl")).toContainEqual(expect.stringContaining('no variable "region"'));
    await client.open(join(folder, "variables.pkr.hcl"), variables);
    expect(await messages(rest, "main.pkr.hcl")).toEqual([]);
  });

  it("takes templates that are whole by themselves one by one, as a folder of examples has them", async () => {
    writeFileSync(join(folder, "other.pkr.hcl"), TEMPLATE);
    expect(await messages(TEMPLATE)).toEqual([]);
    const broken = await messages(TEMPLATE.replace("var.region\n", "var.regio\n"));
    expect(broken).toEqual([expect.stringContaining('no variable "regio"')]);
  });

  it("looks at files of values, each with its template", async () => {
    writeFileSync(join(folder, "web.pkr.hcl"), TEMPLATE);
    expect(await messages('region = "eu-west-2"\n', "a.pkrvars.hcl")).toEqual([]);
    expect(await messages('regio = "eu-west-2"\nregion = [1]\n', "b.pkrvars.hcl")).toEqual(
      expect.arrayContaining([expect.stringContaining("regio"), expect.stringContaining("does not fit its type")]),
    );
  });

  it("reads .pkr.json as well", async () => {
    const a = { omi_name: "${var.nope}", source_omi: "ami-12345678" };
    const json = { source: { "outscale-chroot": { a } }, build: { sources: ["source.outscale-chroot.a"] } };
    expect(await messages(JSON.stringify(json), "a.pkr.json")).toEqual([expect.stringContaining('no variable "nope"')]);
  });

  it("runs nothing and reads nothing but the template", async () => {
    const text = TEMPLATE.replace(
      "local.name\n",
      'local.name\n  tags = { a = file("/no/such/file"), b = env("HOME"), c = bcrypt("x", 31), d = templatefile("/dev/zero", {}) }\n',
    ).replace("inline = [", 'script = "/no/such/script"\n    #');
    expect(await messages(text)).toEqual([expect.stringContaining("env")]);
  });

  it("puts places right beside a byte order mark, line ends of Windows and characters of two units", async () => {
    const text = `\uFEFF${TEMPLATE.replace("web-", "👩‍👩‍👧‍👦${var.nope} é ").replaceAll("\n", "\r\n")}`;
    const uri = await client.open(join(folder, "web.pkr.hcl"), text);
    const [first] = await client.diagnostics(uri);
    const { start, end } = first?.range ?? { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };
    expect(text.split("\n")[start.line]?.slice(start.character, end.character)).toBe("var.nope");
  });

  it("leaves other files alone", async () => {
    const uri = pathToFileURL(join(folder, "main.tf")).href;
    const asked = client.ask("textDocument/hover", uri, { line: 0, character: 0 });
    await client.connection.sendNotification("textDocument/didOpen", {
      textDocument: { uri, languageId: "terraform", version: 1, text: "what = ever" },
    });
    expect(await asked).toBeNull();
  });
});

describe("completion", () => {
  it.each([
    ["|", ["source", "build", "variable", "packer"]],
    ['source "|" "x" {}', ["outscale-chroot"]],
    ['data "|', ["outscale-omi", "null"]],
    ['source "outscale-chroot" "x" {\n  |\n}', ["omi_name", "source_omi_filter", "dynamic"]],
    ['source "outscale-chroot" "x" {\n  omi_na|\n}', ["omi_name"]],
    ['source "outscale-chroot" "x" {\n  source_omi_filter {\n    |\n  }\n}', ["filters", "owners", "most_recent"]],
    ['source "outscale-chroot" "x" {\n  dynamic "|', ["tag", "source_omi_filter"]],
    ['source "outscale-chroot" "x" {\n  dynamic "tag" {\n    content {\n      |\n    }\n  }\n}', ["key", "value"]],
    ['source "outscale-chroot" "x" {\n  root_volume_type = "|"\n}', ["gp2", "io1"]],
    ['source "outscale-chroot" "x" {\n  from_scratch = |\n}', ["true", "false"]],
    ['build {\n  provisioner "|', ["shell", "ansible"]],
    ['build {\n  provisioner "shell" {\n    |\n  }\n}', ["inline", "max_retries", "only"]],
    ['build {\n  post-processors {\n    post-processor "compress" {\n      |\n', ["output", "keep_input_artifact"]],
    ['build {\n  provisioner "shell" {\n    inline = ["${build.|}"]\n  }\n}', ["SourceOMI", "MountPath"]],
    ["locals {\n  a = |\n}", ["var", "local", "upper", "formatdate"]],
    ["locals {\n  a = packer.|\n}", ["version"]],
    ['variable "v" {\n  |\n}', ["type", "default", "sensitive", "validation"]],
  ])("offers for %j", async (marked, expected) => {
    expect(await completions(marked)).toEqual(expect.arrayContaining(expected));
  });

  it("offers what the template declares", async () => {
    expect(await completions(TEMPLATE.replace("= var.region", "= var.|"))).toEqual(["region"]);
    expect(await completions(TEMPLATE.replace("= local.name", "= local.|"))).toEqual(["name"]);
    expect(await completions(TEMPLATE.replace("source.outscale-chroot.web", "|"))).toEqual([
      "source.outscale-chroot.web",
    ]);
    expect(await completions(TEMPLATE.replace('["outscale-chroot.web"]', '["|"]'))).toEqual(["outscale-chroot.web"]);
    writeFileSync(join(folder, "web.pkr.hcl"), TEMPLATE);
    expect(await completions("|", "a.pkrvars.hcl")).toEqual(["region"]);
  });

  it("offers nothing twice, nothing in comments, and replaces the word that is there", async () => {
    const given = await completions('source "outscale-chroot" "x" {\n  omi_name = "a"\n  |\n}');
    expect(given).not.toContain("omi_name");
    expect(await completions("# so|me")).toEqual([]);
    const { uri, text, position } = await openAt('source "outscale-chroot" "x" {\n  omi_na|m\n}');
    const items = await client.ask<CompletionItem[]>("textDocument/completion", uri, position);
    const edit = items.find(({ label }) => label === "omi_name")?.textEdit as TextEdit;
    expect(apply(text, [edit])).toContain('\n  omi_name = "$1"\n');
  });
});

describe("hover", () => {
  it.each([
    ["= var.reg", ["**var.region**", "`string`", '"eu-west-2"', "Where it is built"]],
    ["omi_name   = loc", ["**local.name**", '"web-eu-west-2"', "line 7"]],
    ["  omi_na", ["**omi_name**", "required", "The name of the new OMI"]],
    ["  inli", ["**inline**", "list of text"]],
    ["${upp", ["upper(str)", "letter case"]],
    ["\nbuil", ["Which sources are built"]],
  ])("tells of what is at %j", async (part, expected) => {
    const text = await hoverText(cursorAfter(part));
    for (const each of expected) expect(text).toContain(each);
  });

  it("shows no sensitive value", async () => {
    const secret = TEMPLATE.replace("type        = string", "type      = string\n  sensitive = true");
    const text = await hoverText(secret.replace("= var.reg", "= var.reg|"));
    expect(text).toContain("sensitive");
    expect(text).not.toContain("eu-west-2");
  });
});

describe("navigation", () => {
  it("goes to what a name is declared by, also in another file", async () => {
    const cut = TEMPLATE.indexOf("locals");
    writeFileSync(join(folder, "a.pkr.hcl"), TEMPLATE.slice(0, cut));
    const { uri, position } = await openAt(TEMPLATE.slice(cut).replace("= var.reg", "= var.reg|"));
    const [found] = await client.ask<Location[]>("textDocument/definition", uri, position);
    expect(found?.uri).toBe(pathToFileURL(join(folder, "a.pkr.hcl")).href);
    expect(found?.range).toEqual({ start: { line: 0, character: 10 }, end: { line: 0, character: 16 } });
  });

  it.each([
    ['variable "reg', 3],
    ['sources = ["source.outscale-chroot.we', 3],
    ["  na", 3],
  ])("finds every place of what is at %j", async (part, count) => {
    const { uri, position } = await openAt(cursorAfter(part));
    const context = { includeDeclaration: true };
    expect(await client.ask<Location[]>("textDocument/references", uri, position, { context })).toHaveLength(count);
  });

  it("renames what is declared wherever it stands, and leaves a template that means the same", async () => {
    writeFileSync(join(folder, "x.auto.pkrvars.hcl"), 'region = "eu-west-2"\n');
    const renamed = async (part: string, newName: string) => {
      const { uri, position } = await openAt(cursorAfter(part));
      const edit = await client.ask<WorkspaceEdit>("textDocument/rename", uri, position, { newName });
      return { text: apply(TEMPLATE, edit.changes?.[uri] ?? []), files: Object.keys(edit.changes ?? {}).length };
    };
    expect(await renamed("= var.reg", "place")).toEqual({
      text: TEMPLATE.replaceAll("var.region", "var.place").replace('variable "region"', 'variable "place"'),
      files: 2,
    });
    expect((await renamed('"outscale-chroot" "we', "db")).text).toBe(
      TEMPLATE.replaceAll("outscale-chroot.web", "outscale-chroot.db").replace(
        '"outscale-chroot" "web"',
        '"outscale-chroot" "db"',
      ),
    );
  });

  it("refuses a name that is none, or is there", async () => {
    const { uri, position } = await openAt(cursorAfter("= var.reg"));
    const rename = (newName: string) => client.ask("textDocument/rename", uri, position, { newName });
    await expect(rename("a b")).rejects.toThrow("cannot be a name");
    const two = await openAt(`variable "other" {}\n${cursorAfter("= var.reg")}`);
    const clash = client.ask("textDocument/rename", two.uri, two.position, { newName: "other" });
    await expect(clash).rejects.toThrow('There is a "var.other" already');
  });

  it("outlines a file", async () => {
    const { uri, position } = await openAt(cursorAfter("locals"));
    const symbols = await client.ask<DocumentSymbol[]>("textDocument/documentSymbol", uri, position);
    expect(symbols.map(({ name }) => name)).toEqual([
      "variable region",
      "locals",
      "source outscale-chroot web",
      "build",
    ]);
    expect(symbols[3]?.children?.map(({ name }) => name)).toEqual(["provisioner shell"]);
  });

  it("lays a file out as fmt does, and leaves a broken one alone", async () => {
    const { uri, text, position } = await openAt(`|a=1\nbb = "👩‍👩‍👧‍👦"   # x\n${TEMPLATE.replaceAll("  ", "")}`);
    const options = { tabSize: 2, insertSpaces: true };
    const edits = await client.ask<TextEdit[]>("textDocument/formatting", uri, position, { options });
    expect(apply(text, edits)).toContain(`a  = 1\nbb = "👩‍👩‍👧‍👦" # x\n`);
    expect(apply(text, edits)).toContain("  region     = var.region\n");
    const broken = await openAt("|a = \n  b=1\n", "b.pkr.hcl");
    expect(await client.ask("textDocument/formatting", broken.uri, broken.position, { options })).toEqual([]);
  });
});

describe("outscale-chroot language-server", () => {
  it("ends as the protocol says", async () => {
    const { client: own, initialized } = await LanguageClient.start();
    await using _ = own;
    expect(initialized.serverInfo?.name).toBe("outscale-chroot");
    expect(await own.stop()).toBe(0);
  });

  it("ends when the editor is gone", async () => {
    const { client: own } = await LanguageClient.start();
    await using _ = own;
    const exited = new Promise((resolve) => own.child.once("exit", resolve));
    own.child.stdin?.end();
    expect(await exited).toBe(1);
  });

  it("survives a folder that is no folder any more", async () => {
    mkdirSync(join(folder, "sub"));
    const uri = await client.open(join(folder, "sub/web.pkr.hcl"), TEMPLATE);
    expect(await client.diagnostics(uri)).toEqual([]);
    rmSync(join(folder, "sub"), { recursive: true });
    await client.change(uri, [{ text: TEMPLATE }]);
    expect(await client.diagnostics(uri)).toEqual([]);
  });
});
