/** How a system's packages are managed. */
export type PackageManager = "deb" | "rpm" | "apk";

/** An installed package, as the image's own database has it. */
export interface Package {
  readonly manager: PackageManager;
  readonly name: string;
  /** As the manager prints it, the epoch included: `1:2.36.1-8`. */
  readonly version: string;
  readonly arch: string;
  /** What it was built from, if that has another name: `openssl` for `libssl3`. */
  readonly source?: string;
  /** As the database has it; Debian's has none. */
  readonly license?: string;
  /** Of what it installs, in bytes. */
  readonly sizeBytes?: number;
  /** Who made it. */
  readonly vendor?: string;
  readonly url?: string;
  readonly summary?: string;
}

/** The packages of an image. */
export interface PackageList {
  /** Sorted by name, architecture and version. */
  readonly packages: readonly Package[];
  /** Databases that are there and were not read, and why. */
  readonly notes: readonly string[];
}

export function comparePackages(a: Package, b: Package): number {
  return compare(a.name, b.name) || compare(a.arch, b.arch) || compare(a.version, b.version);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
