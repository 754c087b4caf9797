import { describe, expect, it } from "vitest";
import { build, define } from "../../tests/support/provisioners/provisioning.ts";
import type { ProvisionerDefinition } from "../definition/build-definition.ts";
import { checkProvisioners } from "./check-provisioners.ts";

const check = (provisioners: readonly ProvisionerDefinition[], errorCleanupProvisioner?: ProvisionerDefinition) =>
  checkProvisioners({ provisioners, errorCleanupProvisioner }, build);

describe("checkProvisioners()", () => {
  it("names the place of every problem", () => {
    const problems = check(
      [define("shell", { inlin: ["x"] }), define("file", { source: "/dev/null" })],
      define("sleep", {}),
    );
    expect(problems.map(({ option }) => option)).toEqual([
      'provisioner "shell" (debian.pkr.hcl:12): inlin',
      'provisioner "file" (debian.pkr.hcl:12): destination',
      'error-cleanup-provisioner "sleep" (debian.pkr.hcl:12): duration',
    ]);
    expect(problems[0]?.hint).toBe('did you mean "inline"?');
  });

  it.each([
    ["shel", 'did you mean "shell"?'],
    ["puppet-masterless", "run the template through Packer with the plugin, which has all of Packer's"],
  ])("refuses the type %s", (type, hint) => {
    expect(check([define(type, {})])).toMatchObject([{ hint, message: expect.stringContaining(`"${type}"`) }]);
  });

  it("does not judge what only the build will know", () => {
    const late = define("file", (data) => ({ source: `/tmp/${data.ID}.conf`, destination: "/etc/x" }));
    expect(check([late, define("shell", { script: "/tmp/{{.SourceOMI}}.sh" })])).toEqual([]);
    const known = define("file", { source: "/tmp/no-such-file.conf", destination: "/etc/x" });
    expect(check([known])).toHaveLength(1);
  });

  it("tells of a {{ }} that cannot be rendered", () => {
    expect(check([define("shell", { inline: ["x"], execute_command: "{{.Path" })])).toHaveLength(1);
    expect(check([define("shell", { inline: ["echo {{.Nothing}}"] })])).toHaveLength(1);
  });
});
