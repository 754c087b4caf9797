import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CompiledCode } from "./compiled-code.ts";

let folder: string;
let program: string;
let cache: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "compiled-code-"));
  program = join(folder, "program.js");
  cache = join(folder, "kept/program");
  writeFileSync(program, "(() => 42)");
});
afterEach(() => rmSync(folder, { recursive: true }));

function open(): CompiledCode {
  const code = new CompiledCode(cache, program);
  expect(code.compile("program.js", program).runInThisContext()()).toBe(42);
  return code;
}
const written = () => statSync(cache).ino;

describe("CompiledCode.keep()", () => {
  it("keeps what is new, and nothing twice", () => {
    const code = open();
    code.keep();
    const first = written();
    code.keep();
    open().keep();
    expect(written()).toBe(first);
    expect(readdirSync(join(folder, "kept"))).toEqual(["program"]);
  });

  it("removes what a killed process has left unfinished, and no other program's", () => {
    mkdirSync(join(folder, "kept"));
    for (const name of ["program.12", "other.12"]) writeFileSync(join(folder, "kept", name), "");
    open().keep();
    expect(readdirSync(join(folder, "kept")).toSorted()).toEqual(["other.12", "program"]);
  });

  it("has what a whole run has compiled take the place of a beginning, and not the other way round", () => {
    open().keep({ isWhole: false });
    const beginning = written();
    open().keep({ isWhole: false });
    expect(written()).toBe(beginning);
    const code = open();
    code.keep({ isWhole: false });
    code.keep({ isWhole: true });
    const whole = written();
    expect(whole).not.toBe(beginning);
    open().keep({ isWhole: false });
    open().keep({ isWhole: true });
    expect(written()).toBe(whole);
  });
});
