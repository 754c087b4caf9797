/** A package as package-lock.json has it. */
interface Locked {
  readonly license?: string;
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
}

/** What was not to be expected of the packages, by path, one line each. */
export function findSurprises(packages: Readonly<Record<string, Locked>>): string[];
/** How often each licence occurs, in bundles and among what developers have. */
export function listLicences(packages: Readonly<Record<string, Locked>>): string[];
