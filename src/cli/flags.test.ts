import { describe, expect, it } from "vitest";
import { UsageError } from "../common/errors.ts";
import { type Flags, parseFlags, parseFlagsAlone } from "./flags.ts";

const specs = {
  var: { type: "strings", about: "" },
  only: { type: "strings", isList: true, about: "" },
  log: { type: "string", value: "FILE", about: "" },
  "on-error": { type: "string", choices: ["cleanup", "ask"], about: "" },
  color: { type: "boolean", about: "" },
  debug: { type: "boolean", about: "" },
  depth: { type: "string", needs: "debug", about: "" },
  deep: { type: "boolean", needs: "debug", about: "" },
  also: { type: "strings", needs: "log", about: "" },
} as const satisfies Flags;

const nothing = {
  ...{ var: [], only: [], log: undefined, "on-error": undefined, color: undefined, debug: undefined },
  ...{ depth: undefined, deep: undefined, also: [] },
};

describe("parseFlags()", () => {
  it.each<[string, object, readonly string[]]>([
    ["", {}, []],
    ["a.pkr.hcl", {}, ["a.pkr.hcl"]],
    ["-debug a", { debug: true }, ["a"]],
    ["--debug a", { debug: true }, ["a"]],
    ["a -debug", { debug: true }, ["a"]],
    ["-color=false", { color: false }, []],
    ["--color=0", { color: false }, []],
    ["-color=TRUE", { color: true }, []],
    ["--no-color", { color: false }, []],
    ["-var x=1 -var=y=2 --var z=a=b", { var: ["x=1", "y=2", "z=a=b"] }, []],
    ["-var -x=1", { var: ["-x=1"] }, []],
    ["-var a,b=c,d", { var: ["a,b=c,d"] }, []],
    ["-only=a,b -only c*", { only: ["a", "b", "c*"] }, []],
    ["-only=", { only: [] }, []],
    ["-log one -log two", { log: "two" }, []],
    ["-on-error ask", { "on-error": "ask" }, []],
    ["-debug -depth 1", { debug: true, depth: "1" }, []],
    ["-depth 1 -debug", { debug: true, depth: "1" }, []],
    ["-no-deep", { deep: false }, []],
    ["-log one -also two", { log: "one", also: ["two"] }, []],
    ["- x", {}, ["-", "x"]],
    ["a -- -debug --x", {}, ["a", "-debug", "--x"]],
  ])("reads %j", (line, flags, positionals) => {
    expect(parseFlags(specs, line.split(" ").filter(Boolean))).toEqual({
      flags: { ...nothing, ...flags },
      positionals,
    });
  });

  it.each([
    ["-debgu", "There is no flag -debgu", "did you mean -debug?"],
    ["-no-log", "There is no flag -no-log", undefined],
    ["-log", "-log needs a value", "-log FILE"],
    ["-=x", "There is no flag -=x", undefined],
    ["--=x", "There is no flag --=x", undefined],
    ["---debug", "There is no flag ---debug", undefined],
    ["a ---", "There is no flag ---", undefined],
    ["-toString", "There is no flag -toString", undefined],
    ["-no-constructor", "There is no flag -no-constructor", undefined],
    ["-__proto__=1", "There is no flag -__proto__", undefined],
    ["-on-error=panic", '-on-error must be cleanup or ask, not "panic"', undefined],
    ["-depth 1", "-depth needs -debug: alone it has no effect", undefined],
    ["-depth 1 -debug=false", "-depth needs -debug: alone it has no effect", undefined],
    ["-depth=", "-depth needs -debug: alone it has no effect", undefined],
    ["-deep", "-deep needs -debug: alone it has no effect", undefined],
    ["-also two", "-also needs -log: alone it has no effect", undefined],
    ["-debug=maybe", '-debug must be true or false, not "maybe"', undefined],
  ])("refuses %j", (line, message, hint) => {
    const parse = () => parseFlags(specs, line.split(" "));
    expect(parse).toThrow(UsageError);
    expect(parse).toThrow(expect.objectContaining({ message, hint }));
  });
});

describe("parseFlagsAlone()", () => {
  it("reads flags, and refuses an argument that would be passed over", () => {
    expect(parseFlagsAlone(specs, ["-debug"])).toMatchObject({ debug: true });
    const parse = () => parseFlagsAlone(specs, ["-debug", "a folder", "b"]);
    expect(parse).toThrow(UsageError);
    expect(parse).toThrow('This command takes no argument: "a folder", "b"');
  });
});
