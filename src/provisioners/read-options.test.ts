import { describe, expect, it } from "vitest";
import { ConfigError } from "../common/errors.ts";
import type { RawConfig } from "../definition/raw-value.ts";
import { duration, flag, integers, text, textMap, texts } from "./option-types.ts";
import { readOptions } from "./read-options.ts";

const shape = {
  remote_path: text().optional(),
  inline: texts().optional(),
  binary: flag().default(false),
  valid_exit_codes: integers().optional(),
  pause_after: duration().optional(),
  env: textMap().optional(),
  execute_command: text().optional(),
};
const read = (raw: RawConfig) => readOptions(shape, raw, { data: { ID: "vol-1" } }, ["execute_command"]);

function problemsOf(raw: RawConfig) {
  try {
    read(raw);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
  }
  throw new Error("nothing was refused");
}

describe("readOptions()", () => {
  it("reads what JSON templates write as strings, as Packer does", () => {
    const raw = { inline: "one", binary: "true", valid_exit_codes: ["0", 3], env: { A: 1, B: true }, remote_path: 5 };
    expect(read(raw)).toEqual({
      inline: ["one"],
      binary: true,
      validExitCodes: [0, 3],
      env: { A: "1", B: "1" },
      remotePath: "5",
    });
  });

  it.each([
    ["remote_path", true, "1"],
    ["remote_path", false, "0"],
    ["remote_path", 1.5, "1.5"],
    ["inline", [true, 2], ["1", "2"]],
    ["inline", false, ["0"]],
    ["env", { A: true, B: false, C: "" }, { A: "1", B: "0", C: "" }],
    ["env", [{ A: "1" }, { B: true }], { A: "1", B: "1" }],
    ["binary", 1, true],
    ["binary", -2, true],
    ["binary", 0, false],
    ["binary", "", false],
    ...["1", "t", "T", "TRUE", "true", "True"].map((value) => ["binary", value, true] as const),
    ...["0", "f", "F", "FALSE", "false", "False"].map((value) => ["binary", value, false] as const),
    ["valid_exit_codes", true, [1]],
    ["valid_exit_codes", [false, "2", 3], [0, 2, 3]],
  ] as const)("bends %s = %j as Packer's weak decoder does", (option, value, expected) => {
    const name = option.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    expect(read({ [option]: value })).toMatchObject({ [name]: expected });
  });

  it.each([
    ["remote_path", ["a"]],
    ["binary", "yes"],
    ["binary", "tRUE"],
    ["binary", []],
    ["env", ["a"]],
    ["env", { A: ["a"] }],
    ["valid_exit_codes", [1.5]],
    ["valid_exit_codes", [""]],
  ] as const)("refuses %s = %j", (option, value) => {
    expect(problemsOf({ [option]: value })).toHaveLength(1);
  });

  it("refuses a name that no map of JavaScript can have", () => {
    const named = { ["__proto__"]: "x" };
    expect(problemsOf({ env: { A: "1", ...named } })).toEqual([
      { option: "env.__proto__", message: "cannot be the name of an entry", hint: undefined },
    ]);
    expect(problemsOf(named)).toMatchObject([{ option: "__proto__", message: "is not an option here" }]);
  });

  it("takes a text for a list of what its commas separate, as Packer does", () => {
    expect(read({ inline: "one,two", valid_exit_codes: "0, 3" })).toMatchObject({
      inline: ["one", "two"],
      validExitCodes: [0, 3],
    });
    expect(read({ inline: "", valid_exit_codes: "" })).toMatchObject({ inline: [], validExitCodes: [] });
    expect(problemsOf({ valid_exit_codes: "0,x" })).toMatchObject([{ option: "valid_exit_codes" }]);
  });

  it("puts a variable in place whose text waits for values", () => {
    const context = { userVariables: { run: "sudo {{.Vars}} {{.Path}}" } };
    const late = readOptions(shape, { execute_command: "nice {{user `run`}}" }, context, ["execute_command"]);
    expect(late.executeCommand).toBe("nice sudo {{.Vars}} {{.Path}}");
  });

  it("counts null as not given, and fills in defaults", () => {
    expect(read({ inline: null })).toEqual({ binary: false });
  });

  it("renders every string, but not what is rendered later", () => {
    const options = read({ inline: ["echo {{.ID}}"], env: { A: "{{.ID}}" }, execute_command: "sh {{.Path}}" });
    expect(options).toMatchObject({ inline: ["echo vol-1"], env: { A: "vol-1" }, executeCommand: "sh {{.Path}}" });
  });

  it("reads durations in Go's notation, with a unit", () => {
    expect(read({ pause_after: "1m30s" }).pauseAfter).toBe(90_000);
    for (const pause_after of ["10", 10, "soon", "-1s"]) expect(problemsOf({ pause_after })).toHaveLength(1);
  });

  it("tells every problem, with the name that was meant", () => {
    const problems = problemsOf({ inlin: ["a"], binary: "perhaps", env: { A: ["x"] }, execute_command: "{{.Path" });
    expect(problems.map(({ option }) => option).sort()).toEqual(["binary", "env.A", "execute_command", "inlin"]);
    expect(problems.find(({ option }) => option === "inlin")?.hint).toBe('did you mean "inline"?');
  });

  it("refuses a {{ }} value that the build does not have", () => {
    expect(problemsOf({ inline: ["docker ps --format {{.Names}}"] })).toMatchObject([
      { option: "inline", message: expect.stringContaining("{{.Names}}"), hint: "Known here: {{.ID}}." },
    ]);
  });
});
