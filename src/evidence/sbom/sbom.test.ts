import { readFileSync } from "node:fs";
import { Spec, Validation } from "@cyclonedx/cyclonedx-library";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import type { Package } from "../packages/package.ts";
import { cycloneDx } from "./cyclonedx.ts";
import { purlOf } from "./purl.ts";
import type { Software } from "./software.ts";
import { spdx } from "./spdx.ts";

const os = {
  id: "debian",
  versionId: "12",
  prettyName: "Debian 12",
  homeUrl: "https://www.debian.org/",
  cpe: undefined,
};
const packages: Package[] = [
  {
    manager: "deb",
    name: "libc6",
    version: "2.36-9",
    arch: "amd64",
    source: "glibc",
    vendor: "GNU Libc",
    summary: "C",
  },
  { manager: "deb", name: "libc6", version: "2.36-9", arch: "i386", source: "glibc" },
  { manager: "rpm", name: "bash", version: "1:5.1-9", arch: "x86_64", license: "GPL-3.0-or-later" },
  { manager: "rpm", name: "odd", version: "1-1", arch: "noarch", license: 'GPLv3+ & "own"', url: "not a url" },
  {
    manager: "apk",
    name: "g++ <x>",
    version: "1-r1",
    arch: "x86_64",
    license: "MIT AND BSD-3-Clause",
    url: "https://g.cc/",
  },
];
const software: Software = {
  name: "web",
  imageId: "ami-1a2b3c4d",
  os,
  packages,
  createdAt: new Date("2026-01-02T03:04:05.678Z"),
  serial: "3e671687-395b-41f5-a30f-a58921a69b79",
  toolVersion: "1.2.3",
};

describe("purlOf()", () => {
  it.each([
    [0, "pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12&upstream=glibc"],
    [2, "pkg:rpm/debian/bash@5.1-9?arch=x86_64&distro=debian-12&epoch=1"],
  ])("makes the URL of package %i", (index, purl) => {
    expect(purlOf(packages[index] as Package, os)).toBe(purl);
  });
});

describe("cycloneDx()", () => {
  it.each([
    ["with a system", software],
    ["without one", { ...software, os: undefined, imageId: undefined }],
    ["without packages", { ...software, packages: [] }],
  ])("is valid under the official schema, %s", async (_, about) => {
    const problems = await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(cycloneDx(about));
    expect(problems).toBeNull();
  });

  it("has every package with its URL and licence, and the system", () => {
    const { components, metadata, dependencies } = JSON.parse(cycloneDx(software));
    expect(metadata.component).toMatchObject({ name: "web", version: "ami-1a2b3c4d" });
    expect(components).toHaveLength(packages.length + 1);
    expect(components[0]).toMatchObject({ type: "operating-system", name: "debian", version: "12" });
    expect(components[3]).toMatchObject({
      name: "bash",
      version: "1:5.1-9",
      licenses: [{ expression: "GPL-3.0-or-later" }],
    });
    expect(components[4]).toMatchObject({ licenses: [{ license: { name: 'GPLv3+ & "own"' } }] });
    expect(dependencies.find(({ ref }: { ref: string }) => ref === "os").dependsOn).toHaveLength(packages.length);
  });
});

describe("spdx()", () => {
  const schema = JSON.parse(readFileSync("tests/support/schemas/spdx-2.3.json", "utf8"));
  const validate = new Ajv({ strict: false }).compile({ ...schema, $schema: undefined });

  it.each([
    ["with a system", software],
    ["without one", { ...software, os: undefined, imageId: undefined }],
  ])("is valid under the official schema, %s", (_, about) => {
    validate(JSON.parse(spdx(about)));
    expect(validate.errors).toBeNull();
  });

  it("declares licences as expressions, or as licences of its own", () => {
    const { packages: listed, hasExtractedLicensingInfos: own } = JSON.parse(spdx(software));
    const declared = Object.fromEntries(
      listed.map(({ name, licenseDeclared }: Record<string, string>) => [name, licenseDeclared]),
    );
    expect(declared).toMatchObject({ bash: "GPL-3.0-or-later", libc6: "NOASSERTION", odd: own[0].licenseId });
    expect(own).toMatchObject([{ name: 'GPLv3+ & "own"' }]);
    expect(new Set(listed.map(({ SPDXID }: Record<string, string>) => SPDXID)).size).toBe(listed.length);
  });
});
