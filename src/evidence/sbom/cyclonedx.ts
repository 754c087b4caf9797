// Its parts one by one: the whole looks for files of schemas beside itself, which a bundle has not.
import * as Enums from "@cyclonedx/cyclonedx-library/Enums";
import * as Models from "@cyclonedx/cyclonedx-library/Models";
import * as Serialize from "@cyclonedx/cyclonedx-library/Serialize";
import * as Spec from "@cyclonedx/cyclonedx-library/Spec";
import type { Package } from "../packages/package.ts";
import { isSpdxExpression } from "./license.ts";
import { purlOf } from "./purl.ts";
import type { Software } from "./software.ts";

/** The software of an image as CycloneDX 1.6, in JSON. */
export function cycloneDx(software: Software): string {
  const { name, imageId, os, packages, createdAt, serial, toolVersion } = software;
  const image = new Models.Component(Enums.ComponentType.Container, name, {
    bomRef: "image",
    ...(imageId !== undefined && { version: imageId }),
  });
  const tool = new Models.Component(Enums.ComponentType.Application, "outscale-chroot", { version: toolVersion });
  const bom = new Models.Bom({
    serialNumber: `urn:uuid:${serial}`,
    metadata: new Models.Metadata({
      timestamp: createdAt,
      component: image,
      tools: new Models.Tools({ components: new Models.ComponentRepository([tool]) }),
    }),
  });
  const components = packages.map((item) => componentOf(item, os));
  const system = systemOf(software);
  if (system !== undefined) {
    bom.components.add(system);
    image.dependencies.add(system.bomRef);
  }
  for (const component of components) {
    bom.components.add(component);
    (system ?? image).dependencies.add(component.bomRef);
  }
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  return `${serializer.serialize(bom, { sortLists: false, space: 2 })}\n`;
}

function systemOf({ os }: Software): Models.Component | undefined {
  if (os === undefined) return undefined;
  const { id, versionId, prettyName, homeUrl } = os;
  const system = new Models.Component(Enums.ComponentType.OperatingSystem, id, {
    bomRef: "os",
    description: prettyName,
    ...(versionId !== "" && { version: versionId }),
  });
  if (homeUrl !== undefined && URL.canParse(homeUrl)) system.externalReferences.add(website(homeUrl));
  return system;
}

function componentOf(item: Package, os: Software["os"]): Models.Component {
  const { name, version, license, vendor, url, summary } = item;
  const purl = purlOf(item, os);
  const component = new Models.Component(Enums.ComponentType.Library, name, {
    bomRef: purl,
    version,
    purl,
    ...(vendor !== undefined && { publisher: vendor }),
    ...(summary !== undefined && { description: summary }),
  });
  if (license !== undefined) component.licenses.add(licenseOf(license));
  if (url !== undefined && URL.canParse(url)) component.externalReferences.add(website(url));
  return component;
}

function licenseOf(license: string): Models.LicenseExpression | Models.NamedLicense {
  return isSpdxExpression(license) ? new Models.LicenseExpression(license) : new Models.NamedLicense(license);
}

function website(url: string): Models.ExternalReference {
  return new Models.ExternalReference(url, Enums.ExternalReferenceType.Website);
}
