import { createHash } from "node:crypto";
import type { Package } from "../packages/package.ts";
import { isSpdxExpression } from "./license.ts";
import { purlOf } from "./purl.ts";
import type { Software } from "./software.ts";

const NOTHING_SAID = "NOASSERTION";
const IMAGE = "SPDXRef-image";

/** The software of an image as SPDX 2.3, in JSON. @see https://spdx.github.io/spdx-spec/v2.3/ */
export function spdx({ name, imageId, os, packages, createdAt, serial, toolVersion }: Software): string {
  const licenses = new OwnLicenses();
  const components = [
    ...(os === undefined ? [] : [operatingSystem(os)]),
    ...packages.map((item) => packageOf(item, os, licenses)),
  ];
  const document = {
    spdxVersion: "SPDX-2.3",
    dataLicense: "CC0-1.0",
    SPDXID: "SPDXRef-DOCUMENT",
    name,
    documentNamespace: `https://outscale-chroot.invalid/spdx/${serial}`,
    creationInfo: {
      // The format has no fractions of a second.
      created: createdAt.toISOString().replace(/\.\d+Z$/, "Z"),
      creators: [`Tool: outscale-chroot-${toolVersion}`],
    },
    packages: [
      {
        SPDXID: IMAGE,
        name,
        ...(imageId !== undefined && { versionInfo: imageId }),
        ...unknown,
        licenseDeclared: NOTHING_SAID,
        primaryPackagePurpose: "CONTAINER",
      },
      ...components,
    ],
    relationships: [
      relationship("SPDXRef-DOCUMENT", "DESCRIBES", IMAGE),
      ...components.map(({ SPDXID }) => relationship(IMAGE, "CONTAINS", SPDXID)),
    ],
    ...licenses.section(),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** What no database says. */
const unknown = {
  downloadLocation: NOTHING_SAID,
  filesAnalyzed: false,
  licenseConcluded: NOTHING_SAID,
  copyrightText: NOTHING_SAID,
};

function relationship(spdxElementId: string, relationshipType: string, relatedSpdxElement: string) {
  return { spdxElementId, relationshipType, relatedSpdxElement };
}

function operatingSystem({ id, versionId, prettyName }: NonNullable<Software["os"]>) {
  return {
    SPDXID: "SPDXRef-os",
    name: id,
    ...(versionId !== "" && { versionInfo: versionId }),
    summary: prettyName,
    ...unknown,
    licenseDeclared: NOTHING_SAID,
    primaryPackagePurpose: "OPERATING_SYSTEM",
  };
}

function packageOf(item: Package, os: Software["os"], licenses: OwnLicenses) {
  const { name, version, license, vendor, summary, url } = item;
  const purl = purlOf(item, os);
  return {
    SPDXID: `SPDXRef-package-${shortDigest(purl)}`,
    name,
    versionInfo: version,
    ...(vendor !== undefined && { supplier: `Organization: ${vendor}` }),
    ...(url !== undefined && URL.canParse(url) && { homepage: url }),
    ...(summary !== undefined && { summary }),
    ...unknown,
    licenseDeclared: license === undefined ? NOTHING_SAID : licenses.name(license),
    externalRefs: [{ referenceCategory: "PACKAGE-MANAGER", referenceType: "purl", referenceLocator: purl }],
  };
}

function shortDigest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/** Licences that a maintainer has called something of his own. */
class OwnLicenses {
  readonly #texts = new Map<string, string>();

  name(license: string): string {
    if (isSpdxExpression(license)) return license;
    const id = `LicenseRef-${shortDigest(license)}`;
    this.#texts.set(id, license);
    return id;
  }

  section() {
    if (this.#texts.size === 0) return {};
    const infos = [...this.#texts].map(([licenseId, name]) => {
      return { licenseId, name, extractedText: `The package's database says no more than "${name}".` };
    });
    return { hasExtractedLicensingInfos: infos };
  }
}
