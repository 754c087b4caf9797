/** A version: up to three numbers and perhaps a pre-release, such as `1.7.0-beta1`. What follows `+` does not count. */
interface Version {
  readonly numbers: readonly number[];
  readonly prerelease: string;
  /** How many numbers were written: `~> 1.2` and `~> 1.2.0` differ by it. */
  readonly written: number;
}

/** One condition of a constraint, such as `>= 1.7`. */
interface Condition {
  readonly operator: string;
  readonly version: Version;
}

export type VersionConstraint = readonly Condition[];

const VERSION = /^v?(\d+(?:\.\d+)*)(?:-([0-9A-Za-z-~]+(?:\.[0-9A-Za-z-~]+)*))?(?:\+[0-9A-Za-z-~.]+)?$/;
const CONDITION = /^\s*(!=|>=|<=|~>|=|>|<)?\s*(\S+)\s*$/;

/**
 * Reads a constraint: conditions with `=`, `!=`, `>`, `>=`, `<`, `<=` or `~>`, separated by commas. Undefined when it is none.
 * @see hashicorp/go-version, constraint.go
 */
export function parseVersionConstraint(text: string): VersionConstraint | undefined {
  const conditions = text.split(",").map((part) => {
    const [, operator = "=", versionText = ""] = CONDITION.exec(part) ?? [];
    const version = parseVersion(versionText);
    return version && { operator, version };
  });
  const known = conditions.filter((condition) => condition !== undefined);
  return known.length === conditions.length ? known : undefined;
}

/** Whether a version meets every condition. */
export function meetsConstraint(text: string, constraint: VersionConstraint): boolean {
  const version = parseVersion(text);
  return version !== undefined && constraint.every((condition) => meets(version, condition));
}

/** Whether a condition names a pre-release, which `required_plugins` refuses. */
export function hasPrerelease(constraint: VersionConstraint): boolean {
  return constraint.some(({ version }) => version.prerelease !== "");
}

function parseVersion(text: string): Version | undefined {
  const [, digits, prerelease = ""] = VERSION.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const numbers = digits.split(".").map(Number);
  return { numbers: [...numbers, 0, 0].slice(0, Math.max(3, numbers.length)), prerelease, written: numbers.length };
}

function meets(version: Version, { operator, version: limit }: Condition): boolean {
  const order = compareVersions(version, limit);
  switch (operator) {
    case "=":
      return order === 0;
    case "!=":
      return order !== 0;
    case ">":
      return allowsPrerelease(version, limit) && order > 0;
    case ">=":
      return allowsPrerelease(version, limit) && order >= 0;
    case "<":
      return allowsPrerelease(version, limit) && order < 0;
    case "<=":
      return allowsPrerelease(version, limit) && order <= 0;
    default:
      return allowsPrerelease(version, limit) && order >= 0 && isWithinRelease(version, limit);
  }
}

/** A pre-release meets only conditions that name a pre-release of the same version. */
function allowsPrerelease(version: Version, limit: Version): boolean {
  if (version.prerelease === "") return true;
  return limit.prerelease !== "" && version.numbers.join(".") === limit.numbers.join(".");
}

/** `~> 1.2.3` leaves the last number free: the ones before it must be equal. */
function isWithinRelease(version: Version, limit: Version): boolean {
  const fixed = Math.max(1, limit.written - 1);
  return limit.numbers.slice(0, fixed).every((number, index) => version.numbers[index] === number);
}

function compareVersions(a: Version, b: Version): number {
  for (let index = 0; index < Math.max(a.numbers.length, b.numbers.length); index++) {
    const difference = (a.numbers[index] ?? 0) - (b.numbers[index] ?? 0);
    if (difference !== 0) return difference;
  }
  if (a.prerelease === b.prerelease) return 0;
  if (a.prerelease === "" || b.prerelease === "") return a.prerelease === "" ? 1 : -1;
  return comparePrereleases(a.prerelease.split("."), b.prerelease.split("."));
}

function comparePrereleases(a: readonly string[], b: readonly string[]): number {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const [left, right] = [a[index], b[index]];
    if (left === right) continue;
    if (left === undefined || right === undefined) return left === undefined ? -1 : 1;
    const [isLeftNumber, isRightNumber] = [/^\d+$/.test(left), /^\d+$/.test(right)];
    if (isLeftNumber && isRightNumber) return Number(left) - Number(right);
    if (isLeftNumber !== isRightNumber) return isLeftNumber ? -1 : 1;
    return left < right ? -1 : 1;
  }
  return 0;
}
