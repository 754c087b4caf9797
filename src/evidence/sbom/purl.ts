import { PackageURL } from "packageurl-js";
import type { OsRelease } from "../os-release.ts";
import type { Package } from "../packages/package.ts";

/**
 * The package's URL, by which scanners know it: `pkg:deb/debian/bash@5.2.15-2?arch=amd64&distro=debian-12`.
 * @see https://github.com/package-url/purl-spec
 */
export function purlOf({ manager, name, version, arch, source }: Package, os: OsRelease | undefined): string {
  const [, epoch, rest = version] = manager === "rpm" ? (/^(\d+):(.*)$/.exec(version) ?? []) : [];
  const qualifiers = {
    ...(arch && { arch }),
    ...(epoch && { epoch }),
    ...(os && { distro: os.versionId ? `${os.id}-${os.versionId}` : os.id }),
    ...(source && { upstream: source }),
  };
  return new PackageURL(manager, os?.id ?? defaultVendor[manager], name, rest, qualifiers, undefined).toString();
}

const defaultVendor = { deb: "debian", rpm: "rpm", apk: "alpine" };
