import { describe, expect, it } from "vitest";
import { checkEnvironment, formatEnvironment, scriptEnvironment } from "./environment.ts";

const build = { buildName: "debian", buildType: "outscale-chroot" };
const own = { PACKER_BUILD_NAME: "debian", PACKER_BUILDER_TYPE: "outscale-chroot" };

describe("scriptEnvironment()", () => {
  it("has Packer's variables, then environment_vars, then env, sorted", () => {
    const options = { environmentVars: ["B=1", "A=x=y", "PACKER_BUILD_NAME=mine"], env: { B: "2", C: "" } };
    const variables = scriptEnvironment(options, build, {});
    expect(variables).toEqual({ ...own, PACKER_BUILD_NAME: "mine", A: "x=y", B: "2", C: "" });
    expect(Object.keys(variables)).toEqual(["A", "B", "C", "PACKER_BUILDER_TYPE", "PACKER_BUILD_NAME"]);
  });

  it("has variables of any name", () => {
    const options = { environmentVars: ["toString=1", "__proto__=2"], env: { ["__proto__"]: "3", constructor: "4" } };
    const entries = Object.entries(scriptEnvironment(options, build, {}));
    expect(entries).toEqual(
      expect.arrayContaining([
        ["toString", "1"],
        ["__proto__", "3"],
        ["constructor", "4"],
      ]),
    );
  });

  it("has PACKER_HTTP_* only when there is such a server", () => {
    const none = { PackerHTTPAddr: "ERR_HTTP_ADDR_NOT_IMPLEMENTED_BY_BUILDER" };
    expect(scriptEnvironment({}, build, none)).toEqual(own);
    const some = { PackerHTTPAddr: "10.0.0.1:8000", PackerHTTPIP: "10.0.0.1", PackerHTTPPort: "8000" };
    expect(scriptEnvironment({}, build, some)).toEqual({
      ...own,
      PACKER_HTTP_ADDR: "10.0.0.1:8000",
      PACKER_HTTP_IP: "10.0.0.1",
      PACKER_HTTP_PORT: "8000",
    });
  });
});

describe("formatEnvironment()", () => {
  it.each([
    ["%s='%s' ", "A='it'\"'\"'s' B='2' "],
    ["export %s='%s'\n", "export A='it'\"'\"'s'\nexport B='2'\n"],
    ["%[2]s is %[1]s%%;", "it'\"'\"'s is A%;2 is B%;"],
  ])("%j", (format, text) => expect(formatEnvironment({ A: "it's", B: "2" }, format)).toBe(text));
});

describe("checkEnvironment()", () => {
  it.each(["=foo", "foobar", ""])("refuses the pair %j", (pair) =>
    expect(checkEnvironment({ environmentVars: [pair] })).toHaveLength(1),
  );

  it.each(["%s", "%s=%d", "no verb", "%[3]s %s"])("refuses the format %j", (envVarFormat) =>
    expect(checkEnvironment({ envVarFormat })).toMatchObject([{ option: "env_var_format" }]),
  );

  it("accepts what is right", () => {
    expect(checkEnvironment({ environmentVars: ["A=", "B==="], envVarFormat: '$env:%s="%s"; ' })).toEqual([]);
  });
});
