// Which licences we take, and which packages may run a script when they are installed.

/** A package as package-lock.json has it. @typedef {{ license?: string, dev?: boolean, hasInstallScript?: boolean }} Locked */

/** What is handed out with our code: licences that ask for no more than their text and the names of their authors. */
export const IN_BUNDLES = [
  "MIT",
  "ISC",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "CC0-1.0",
  "CC-BY-3.0",
];
/** What only developers have may also keep changes to itself open. */
const FOR_DEVELOPERS = [...IN_BUNDLES, "MPL-2.0", "Python-2.0", "MIT OR Apache-2.0"];
/**
 * A package that builds or downloads something when it is installed has to be argued for here.
 *
 * `msgpackr-extract` makes bullmq's msgpackr faster, which does without. Nobody who installs this package gets it: bullmq is
 * part of the bundle. `allowScripts` in package.json keeps npm from running its script, too.
 */
const MAY_RUN_SCRIPTS = ["msgpackr-extract"];

/**
 * What was not to be expected, one line each.
 * @param {Readonly<Record<string, Locked>>} packages By path, as `node_modules/zod`; the project itself is `""`
 */
export function findSurprises(packages) {
  return Object.entries(packages).flatMap(([path, { license, dev, hasInstallScript }]) => {
    const name = nameOf(path);
    if (path === "") return [];
    const allowed = dev ? FOR_DEVELOPERS : IN_BUNDLES;
    const surprises = [];
    if (license === undefined) surprises.push(`${name} says nothing of its licence`);
    else if (!allowed.includes(license)) {
      surprises.push(`${name} has the licence ${license}, which ${dev ? "no" : "no bundled"} package may have here`);
    }
    if (hasInstallScript && !MAY_RUN_SCRIPTS.includes(name))
      surprises.push(`${name} runs a script when it is installed`);
    return surprises;
  });
}

/**
 * How often each licence occurs, in bundles and among what developers have: `in bundles: MIT 5 (iconv-lite, ...)`.
 * @param {Readonly<Record<string, Locked>>} packages
 */
export function listLicences(packages) {
  /** @type {Map<string, string[]>} */
  const names = new Map();
  for (const [path, { license = "none", dev, hasInstallScript }] of Object.entries(packages)) {
    if (path === "") continue;
    const key = `${dev ? "for developers" : "in bundles"}: ${license}`;
    names.set(key, [...(names.get(key) ?? []), nameOf(path) + (hasInstallScript ? " (runs a script)" : "")]);
  }
  return [...names].sort().map(([key, all]) => `${key}: ${all.length} (${all.sort().join(", ")})`);
}

/** @param {string} path */
function nameOf(path) {
  return path.replace(/^.*node_modules\//, "");
}
