import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "rolldown";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "start-"));
  await build({
    input: { start: "src/start.ts" },
    platform: "node",
    transform: { target: "es2022", define: { PROGRAM: '"main-1.js"' } },
    logLevel: "silent",
    output: { dir: folder, format: "cjs" },
  });
  write(
    "main-1.js",
    'const { say } = require("./words-1.js"); say(); process.exitCode = process.argv[3] === "3" ? 3 : 0;',
  );
  write("words-1.js", 'exports.say = () => console.log("first", require("node:path").basename(__filename));');
});
afterEach(() => rmSync(folder, { recursive: true }));

const TIME = new Date("2026-01-01T00:00:00Z");

function write(name: string, text: string, time = TIME): void {
  writeFileSync(join(folder, name), text);
  utimesSync(join(folder, name), time, time);
}

const run = (...argv: readonly string[]) =>
  execFileSync(process.execPath, [join(folder, "start.js"), ...argv], { encoding: "utf8" });
const compiled = () => (existsSync(join(folder, "compiled")) ? readdirSync(join(folder, "compiled")) : []);

describe("start.ts", () => {
  it("keeps what was compiled, and starts from it", () => {
    expect(run("greet")).toBe("first words-1.js\n");
    expect(compiled()).toEqual([expect.stringMatching(/^greet-\d+$/)]);
    // A text that only the compiled code cannot have.
    write("words-1.js", readFileSync(join(folder, "words-1.js"), "utf8").replace("first", "other"));
    expect(run("greet")).toBe("first words-1.js\n");
  });

  it("compiles anew what has changed", () => {
    run("greet");
    write("words-1.js", 'exports.say = () => console.log("second");', new Date(TIME.getTime() + 1000));
    expect(run("greet")).toBe("second\n");
    expect(run("greet")).toBe("second\n");
    expect(compiled()).toHaveLength(1);
  });

  it("takes what is damaged for nothing", () => {
    run("greet");
    const file = join(folder, "compiled", compiled()[0] ?? "");
    for (const text of ["", "no JSON\n", '{"chunks":3}\n', '{"chunks":[{"name":"main-1.js","bytes":-1}]}\n']) {
      writeFileSync(file, text);
      expect(run("greet")).toBe("first words-1.js\n");
    }
  });

  it.each([
    ["a run that failed", ["greet", "3"], 3],
    ["a command line without a command", ["--version"], 0],
    ["a name that is no command's", ["../greet"], 0],
  ])("keeps nothing of %s", (_title, argv, code) => {
    const { status } = spawnSync(process.execPath, [join(folder, "start.js"), ...argv]);
    expect(status).toBe(code);
    expect(compiled()).toEqual([]);
  });

  it("keeps help apart from the command", () => {
    run("greet", "--help");
    expect(compiled()).toEqual([expect.stringMatching(/^help-\d+$/)]);
  });

  it("lets nobody but the owner write what it keeps", () => {
    execFileSync(process.execPath, [join(folder, "start.js"), "greet"]);
    const path = join(folder, "compiled");
    for (const file of [path, join(path, compiled()[0] ?? "")]) expect(statSync(file).mode & 0o022).toBe(0);
  });

  it("does not believe a folder that others could have filled", () => {
    run("greet");
    const changed = readFileSync(join(folder, "words-1.js"), "utf8").replace("first", "other");
    write("words-1.js", changed);
    chmodSync(join(folder, "compiled"), 0o775);
    expect(run("greet")).toBe("other words-1.js\n");
    expect(compiled()).toHaveLength(1);
  });

  it.runIf(process.geteuid?.() === 0)("writes nothing into the folder of another user", () => {
    execFileSync("chown", ["12345", folder]);
    expect(run("greet")).toBe("first words-1.js\n");
    expect(compiled()).toEqual([]);
  });

  it("fails as Node does", () => {
    write("words-1.js", 'exports.say = () => {\n  throw new Error("lost");\n};', new Date());
    const { status, stderr } = spawnSync(process.execPath, [join(folder, "start.js"), "greet"], { encoding: "utf8" });
    expect(status).toBe(1);
    expect(stderr).toContain(`${join(folder, "words-1.js")}:2`);
  });
});
