import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadBuilds } from "./load-builds.ts";
import { prepareBuilds } from "./prepare-builds.ts";
import { validate } from "./validate.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "validate-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A template of two builds, the first with its source OMI from a data source that nobody reads. */
function validateTwo(second: string) {
  const template = join(folder, "two.pkr.hcl");
  const text = `
data "outscale-omi" "base" {
  filters = { image-name = "Debian-*" }
  owners  = ["Outscale"]
}
source "outscale-chroot" "first" {
  omi_name   = "first"
  source_omi = data.outscale-omi.base.id
}
source "outscale-chroot" "second" {
  omi_name   = "second"
  ${second}
}
build {
  sources = ["outscale-chroot.first", "outscale-chroot.second"]
}
`;
  writeFileSync(template, text);
  return validate({ template, env: { OSC_REGION: "eu-west-2" } });
}

describe("validate() of a template with data sources that are not read", () => {
  it("says which options it could not judge", async () => {
    expect(await validateTwo('source_omi = "ami-12345678"')).toMatchObject({ uncheckedOptions: ["source_omi"] });
  });

  it("judges the same option where it is known", async () => {
    await expect(validateTwo('source_omi = "nonsense"')).rejects.toMatchObject({
      problems: [{ option: "source_omi", location: expect.stringMatching(/two\.pkr\.hcl:12:3$/) }],
    });
  });

  it("still gives the warnings of the builds of which all is known", async () => {
    const { warnings } = await validateTwo('source_omi = "ami-12345678"\n  force_delete_snapshot = true');
    expect(warnings).toContainEqual(expect.stringContaining("outscale-chroot.second: force_delete_snapshot"));
  });
});

describe("validate() of builds that publish an OMI each", () => {
  /** A template of two builds with these options, `omi_name` for one. */
  function validateBoth(first: string, second: string) {
    const template = join(folder, "both.pkr.hcl");
    const source = (name: string, options: string) =>
      `source "outscale-chroot" "${name}" {\nsource_omi = "ami-12345678"\n${options}\n}\n`;
    const build = 'build {\nsources = ["outscale-chroot.a", "outscale-chroot.b"]\n}\n';
    writeFileSync(template, source("a", first) + source("b", second) + build);
    return validate({ template, env: { OSC_REGION: "eu-west-2" } });
  }

  it.each([
    ['omi_name = "web"', 'omi_name = "web"'],
    ['omi_name = "web"', 'omi_name = "web"\nforce_deregister = true'],
    ['omi_name = "web"', 'omi_name = "{{lower `WEB`}}"'],
    ['omi_name = "web-{{timestamp}}"', 'omi_name = "web-{{timestamp}}"'],
    ['omi_name = "web"\nregion = "eu-west-2"', 'omi_name = "web"'],
    ['omi_name = "web-{{.SourceOMIName}}"', 'omi_name = "web-{{.SourceOMIName}}"'],
  ])("refuses %j beside %j", async (first, second) => {
    await expect(validateBoth(first, second)).rejects.toMatchObject({
      problems: [
        {
          option: "omi_name",
          location: expect.stringMatching(/both\.pkr\.hcl:\d+:1$/),
          message: expect.stringContaining('that of the build "outscale-chroot.a"'),
        },
      ],
    });
  });

  it.each([
    ['omi_name = "web"', 'omi_name = "web-2"'],
    ['omi_name = "web-{{build_name}}"', 'omi_name = "web-{{build_name}}"'],
    ['omi_name = "web-${source.name}"', 'omi_name = "web-${source.name}"'],
    ['omi_name = "web"\nregion = "us-east-2"', 'omi_name = "web"'],
    ['omi_name = "web"\nprofile = "other"', 'omi_name = "web"'],
    ['omi_name = "web"\nskip_create_omi = true', 'omi_name = "web"'],
    ['omi_name = "web-{{uuid}}"', 'omi_name = "web-{{uuid}}"'],
  ])("accepts %j beside %j", async (first, second) => {
    await expect(validateBoth(first, second)).resolves.toBeDefined();
  });
});

describe("values of a connection", () => {
  const provisioner = (inline: string) => `
source "outscale-chroot" "a" {
  omi_name   = "web"
  source_omi = "ami-12345678"
}
build {
  sources = ["outscale-chroot.a"]
  provisioner "shell" {
    inline = ["${inline}"]
  }
}
`;

  it.each(["${build.Host}", "{{build `SSHPublicKey`}}", "${build.PackerHTTPAddr}"])(
    "pass a check, but no build begins with them: %s",
    async (text) => {
      const template = join(folder, "connection.pkr.hcl");
      writeFileSync(template, provisioner(`echo ${text}`));
      const env = { OSC_REGION: "eu-west-2" };
      await expect(validate({ template, env })).resolves.toBeDefined();
      const { builds } = await loadBuilds({ template, env });
      expect(() => prepareBuilds(builds, { builder: { env, templatePath: template } })).toThrow(
        /provisioner "shell" \(.*connection\.pkr\.hcl:8\): uses build\.\w+, which has no value here/,
      );
    },
  );
});
