import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeResult, evaluateExpression } from "../../../tests/support/hcl/evaluate-expression.ts";
import type { FunctionContext } from "./context.ts";

function textOf(expression: string, context?: Partial<FunctionContext>): string {
  const result = evaluateExpression(expression, context);
  if (typeof result === "string") throw new Error(result);
  return result.asString();
}

describe("fileFunctions() and templatefile()", () => {
  let folder = "";
  const write = (name: string, content: string | Buffer) => {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), content);
  };
  const run = (expression: string) =>
    evaluateExpression(expression, { baseFolder: folder, workingFolder: folder, homeFolder: folder });

  beforeAll(() => {
    folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "functions-")));
    write("hello.txt", "héllo\n");
    write("binary", Buffer.from([0xff, 0xfe]));
    write("hello.tmpl", "Hello, ${name}!%{ for x in list } ${upper(x)}%{ endfor }");
    write("only.tmpl", "${list}");
    write("recursive.tmpl", 'a${templatefile("recursive.tmpl", {})}');
    write("broken.tmpl", "a ${");
    write("scripts/a.sh", "");
    write("scripts/b.SH", "");
    write("scripts/deep/c.sh", "");
    write("scripts/deep/.hidden.sh", "");
    fs.symlinkSync("deep", path.join(folder, "scripts/link"));
  });
  afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

  it.each([
    ['file("hello.txt")', 'string "héllo\\n"'],
    ['file("./scripts/../hello.txt")', 'string "héllo\\n"'],
    ['file("~/hello.txt")', 'string "héllo\\n"'],
    ['file("binary")', undefined],
    ['file("missing")', undefined],
    ['file("~other/x")', undefined],
    ['filebase64("binary")', 'string "//4="'],
    ['filebase64("missing")', undefined],
    ['fileexists("hello.txt")', "bool true"],
    ['fileexists("missing")', "bool false"],
    ['fileexists("hello.txt/x")', undefined],
    ['fileexists("scripts")', undefined],
    ['fileset("scripts", "*.sh")', 'set(string) ["a.sh"]'],
    ['fileset(".", "scripts/*")', 'set(string) ["scripts/a.sh","scripts/b.SH"]'],
    ['fileset("scripts", "**/*.sh")', 'set(string) ["a.sh","deep/.hidden.sh","deep/c.sh"]'],
    ['fileset("scripts", "*/c.sh")', 'set(string) ["deep/c.sh","link/c.sh"]'],
    ['fileset("scripts", "{a,deep/c}.sh")', 'set(string) ["a.sh","deep/c.sh"]'],
    ['fileset("scripts", "[a-b].*")', 'set(string) ["a.sh","b.SH"]'],
    ['fileset("scripts", "?.sh")', 'set(string) ["a.sh"]'],
    ['fileset("scripts", "a.sh")', 'set(string) ["a.sh"]'],
    ['fileset("scripts", "deep")', "set(string) []"],
    ['fileset("scripts", "../*.txt")', 'set(string) ["../hello.txt"]'],
    ['fileset("missing", "*")', "set(string) []"],
    ['templatefile("hello.tmpl", {name = "you", list = ["a", "b"]})', 'string "Hello, you! A B"'],
    ['templatefile("only.tmpl", {list = [1]})', "tuple([number]) [1]"],
    ['templatefile("hello.tmpl", {name = unknown_string, list = []})', "string unknown"],
    ['templatefile("hello.tmpl", {name = "you"})', undefined],
    ['templatefile("hello.tmpl", {"a b" = 1})', undefined],
    ['templatefile("hello.tmpl", [])', undefined],
    ['templatefile("broken.tmpl", {})', undefined],
    ['templatefile("recursive.tmpl", {})', undefined],
    ['templatefile("missing", {})', undefined],
    ["templatefile(unknown_string, {})", "any unknown"],
  ])("%s", (expression, result) => {
    expect(describeResult(run(expression))).toBe(result);
  });

  it("abspath() begins at the working folder", () => {
    expect(textOf('abspath("a/../b")', { workingFolder: "/here", baseFolder: "/base" })).toBe("/here/b");
    expect(textOf('abspath("/x//y/")', { workingFolder: "/here" })).toBe("/x/y");
    expect(textOf('abspath("~")', { workingFolder: "/here" })).toBe("/here/~");
  });

  it("pathexpand() puts the home folder in the place of ~", () => {
    expect(textOf('pathexpand("~/x")', { homeFolder: "/home/me" })).toBe("/home/me/x");
    expect(textOf('pathexpand("~")', { homeFolder: "/home/me" })).toBe("/home/me");
  });

  it("templatefile() names the place of a problem inside the file", () => {
    expect(String(run('templatefile("hello.tmpl", {name = "you"})'))).toContain("hello.tmpl:1:");
    expect(String(run('templatefile("recursive.tmpl", {})'))).toContain("cannot call templatefile() itself");
  });
});
