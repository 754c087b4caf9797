import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
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
