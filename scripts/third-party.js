// Who else's code is in a bundle, and under which licence: its texts go with what we hand out.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { IN_BUNDLES } from "./check-licences.js";

/** A package whose code is in a bundle. @typedef {{ name: string, version: string, licence: string, text: string }} Package */

const TEXT_NAMES = /^(licen[cs]e|copying|notice)(\b|$)/i;

/**
 * The packages that some modules come from, by name.
 * @param {Iterable<string>} modules Paths of files, as the bundler names them
 * @returns {Package[]}
 * @throws {Error} when a package has no licence text, or a licence that we do not take
 */
export function packagesOf(modules) {
  const folders = new Set();
  for (const path of modules) {
    const folder = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
    if (folder !== undefined) folders.add(folder);
  }
  const packages = [...folders].map(readPackage).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const { name, licence } of packages) {
    if (!IN_BUNDLES.includes(licence)) throw new Error(`${name} is in a bundle, and has the licence ${licence}`);
  }
  return packages;
}

/**
 * @param {string} folder
 * @returns {Package}
 */
export function readPackage(folder) {
  const { name, version, license, author } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const licence = String(license);
  const text = readTexts(folder, TEXT_NAMES) || licenceSection(readTexts(folder, /^readme/i));
  if (text !== "") return { name, version, licence, text };
  // The public domain asks for nothing.
  if (licence === "CC0-1.0") return { name, version, licence, text: `By ${author?.name ?? author}, as public domain.` };
  throw new Error(`The package ${name} comes without the text of its licence`);
}

/**
 * @param {string} folder
 * @param {RegExp} names
 */
function readTexts(folder, names) {
  const files = readdirSync(folder).filter((file) => names.test(file));
  return files.map((file) => readFileSync(join(folder, file), "utf8").trim()).join("\n\n");
}

/**
 * Some write their licence into the README alone: from its heading on.
 * @param {string} readme
 */
function licenceSection(readme) {
  return /^(?:#+ .*licen[cs].*|licen[cs]e\n-+)$[\s\S]*/im.exec(readme)?.[0].trim() ?? "";
}

/**
 * What stands in `THIRD-PARTY-LICENCES.txt`, or at the end of a file that is handed out alone.
 * @param {readonly Package[]} packages
 */
export function licenceTexts(packages) {
  const list = packages.map(({ name, version, licence, text }) => {
    const title = `${name} ${version} (${licence})`;
    return `${title}\n${"-".repeat(title.length)}\n\n${text}\n`;
  });
  return `This file has code of other projects in it, under these licences.\n\n${list.join("\n\n")}`;
}
