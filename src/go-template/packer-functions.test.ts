import path from "node:path";
import { describe, expect, it } from "vitest";
import type { RenderContext } from "./context.ts";
import { renderOnce } from "./render.ts";

const context: RenderContext = {
  userVariables: { region: "eu-west-2", empty: "" },
  build: { ID: "vol-1a2b3c4d", MountPath: "/mnt/root" },
  buildName: "debian",
  buildType: "outscale-chroot",
  templatePath: "templates/debian.json",
  now: new Date("2026-03-05T07:08:09.120Z"),
  workingFolder: "/work",
};

describe("packerTemplateFunctions()", () => {
  it.each([
    ["{{build `ID`}} {{build `MountPath`}}", "vol-1a2b3c4d /mnt/root"],
    ["{{build_name}} {{build_type}}", "debian outscale-chroot"],
    ["{{user `region`}}{{user `empty`}}{{user `unset`}}", "eu-west-2"],
    ["{{pwd}}", "/work"],
    ["{{packer_version}}", "1.16.0"],
    ["{{timestamp}}", "1772694489"],
    ["{{isotime}}", "2026-03-05T07:08:09Z"],
    ["{{isotime `2006-01-02 15:04`}}", "2026-03-05 07:08"],
    [
      "{{isotime `Mon Monday Jan January 1 01 2 02 _2 06 3 03 4 5 PM pm`}}",
      "Thu Thursday Mar March 3 03 5 05  5 26 7 07 8 9 AM am",
    ],
    [
      "{{isotime `002 __2 Z07:00 Z0700 -0700 -07:00 -07 MST .000 .00 .999 ,000000`}}",
      "064  64 Z Z +0000 +00:00 +00 UTC .120 .12 .12 ,120000",
    ],
    ["{{isotime `Month Janus 0102150405`}}", "Month Janus 0305070809"],
    [
      "{{strftime `%Y-%m-%d %H:%M:%S %B %b %A %a %y %I %p %Z %z %L %% %Q %`}}",
      "2026-03-05 07:08:09 March Mar Thursday Thu 26 07 AM UTC +0000 .120 % %Q %",
    ],
    ["{{upper `straße`}} {{lower `ÀB`}}", "STRAßE àb"],
    ["{{split `a-b-c` `-` 1}} {{split `abc` `` 2}} {{`a,b` | printf `%s`}}", "b c a,b"],
    ["{{replace `a` `b` 1 `aaa`}} {{replace_all `a` `b` `aaa`}}", "baa bbb"],
    ["{{clean_resource_name `a_b:c/d é (1) [2] 'x'@y.z~`}}", "a_b-c/d -- (1) [2] 'x'@y.z-"],
    ["{{clean_omi_name `a_b:c/d é (1) [2] 'x'@y.z~`}}", "a_b-c/d -- (1) -2- -x--y.z-"],
    ["{{clean_omi_name isotime}}", "2026-03-05T07-08-09Z"],
  ])("%s", (template, result) => {
    expect(renderOnce(template, context)).toBe(result);
  });

  it("finds the folder of the template", () => {
    expect(renderOnce("{{template_dir}}", context)).toBe(path.resolve("templates"));
  });

  it("makes a new uuid each time, and the same timestamp", () => {
    const [first, second] = renderOnce("{{uuid}} {{uuid}}", {}).split(" ");
    expect(first).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(first).not.toBe(second);
    expect(renderOnce("{{timestamp}}", {})).toBe(renderOnce("{{timestamp}}", {}));
  });

  it("reads the environment only where it is given", () => {
    const env = { HOME: "/root" };
    expect(renderOnce("{{env `HOME`}}{{env `UNSET`}}", { env })).toBe("/root");
    expect(() => renderOnce("{{env `HOME`}}", {})).toThrow("it works in the variables of a JSON template only");
  });

  it("wants user variables to be set while variables are rendered", () => {
    expect(() => renderOnce("{{user `x`}}", { userVariables: {}, env: {} })).toThrow('the variable "x" is not set');
  });

  it.each([
    ["{{user `x`}}", "there are no user variables here"],
    ["{{build `ID`}}", "the values of the build are not known here"],
    ["{{build_name}}", "the name of the build is not known here"],
    ["{{template_dir}}", "the template's path is not known here"],
    ["{{split `a` `b` 1}}", "there is no part 1"],
    ["{{split `a` `b` -1}}", "there is no part -1"],
    ["{{isotime `a` `b`}}", "it takes one format"],
    ["{{sed `s/a/b/` `a`}}", "write replace or replace_all"],
    ["{{env `A`}}", "env failed"],
  ])("%s fails", (template, message) => {
    expect(() => renderOnce(template, {})).toThrow(message);
  });

  it("names the values that a build has", () => {
    expect(() => renderOnce("{{build `Host`}}", context)).toThrow("it has ID, MountPath");
  });

  it.each([
    ["{{consul_key `a`}}", "Consul"],
    ["{{vault `a` `b`}}", "Vault"],
    ["{{aws_secretsmanager `a` `b`}}", "AWS Secrets Manager"],
    ["{{aws_secretsmanager_raw `a`}}", "AWS Secrets Manager"],
  ])("%s says that the client is missing", (template, service) => {
    expect(() => renderOnce(template, { env: {} })).toThrow(`no client for ${service} is built in`);
    expect(() => renderOnce(template, {})).toThrow("it works in the variables of a JSON template only");
  });
});
